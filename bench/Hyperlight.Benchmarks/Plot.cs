using System.Globalization;
using System.Text;

namespace Hyperlight.Benchmarks;

/// <summary>A drawing of series in SVG with logarithmic axes. The colours are readable on light and on dark backgrounds.</summary>
/// <param name="Title">The title.</param>
/// <param name="X">The title of the horizontal axis, with its unit.</param>
/// <param name="Y">The title of the vertical axis, with its unit.</param>
internal sealed record Plot(string Title, string X, string Y)
{
    private const int Width = 640;
    private const int Height = 400;
    private const int Left = 72;
    private const int Right = 620;
    private const int Top = 70;
    private const int Bottom = 344;
    private static readonly string[] Colours = ["#2f81f7", "#d9730d"];

    // The marks between two powers of ten.
    private static readonly double[] Steps = [1, 2, 5];

    /// <summary>The series, with their points in the order of x. All coordinates are positive.</summary>
    public required IReadOnlyList<(string Name, IReadOnlyList<(double X, double Y)> Points)> Series { get; init; }

    /// <summary>Writes the drawing.</summary>
    public string ToSvg()
    {
        double[] xs = Marks(Series.SelectMany(series => series.Points).Select(point => point.X));
        double[] ys = Marks(Series.SelectMany(series => series.Points).Select(point => point.Y));
        StringBuilder svg = new();
        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\"");
        Line($"  font-family=\"sans-serif\" font-size=\"12\" fill=\"#808080\">");
        Line($"<title>{Title}</title>");
        Line($"<text x=\"{Left}\" y=\"24\" font-size=\"15\" font-weight=\"bold\">{Title}</text>");
        foreach (double x in xs)
        {
            double at = Across(x);
            Line($"<path d=\"M{at:0.0} {Top}V{Bottom}\" stroke=\"#808080\" stroke-opacity=\"0.3\"/>");
            Line($"<text x=\"{at:0.0}\" y=\"{Bottom + 18}\" text-anchor=\"middle\">{x:#,0.###}</text>");
        }

        foreach (double y in ys)
        {
            double at = Up(y);
            Line($"<path d=\"M{Left} {at:0.0}H{Right}\" stroke=\"#808080\" stroke-opacity=\"0.3\"/>");
            Line($"<text x=\"{Left - 8}\" y=\"{at + 4:0.0}\" text-anchor=\"end\">{y:#,0.###}</text>");
        }

        Line($"<text x=\"{(Left + Right) / 2}\" y=\"{Height - 12}\" text-anchor=\"middle\">{X}</text>");
        Line($"<text transform=\"translate(16 {(Top + Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{Y}</text>");
        for (int i = 0; i < Series.Count; i++)
        {
            string colour = Colours[i];
            string path = string.Join('L', Series[i].Points.Select(point => At(point.X, point.Y)));
            Line($"<path d=\"M{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
            foreach ((double x, double y) in Series[i].Points)
            {
                Line($"<circle cx=\"{Across(x):0.0}\" cy=\"{Up(y):0.0}\" r=\"3\" fill=\"{colour}\"/>");
            }

            int legend = Left + (i * 260);
            Line($"<path d=\"M{legend} 48h24\" stroke=\"{colour}\" stroke-width=\"2\"/>");
            Line($"<text x=\"{legend + 30}\" y=\"52\">{Series[i].Name}</text>");
        }

        Line($"</svg>");
        return svg.ToString();

        void Line(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
        string At(double x, double y) => string.Create(CultureInfo.InvariantCulture, $"{Across(x):0.0} {Up(y):0.0}");
        double Across(double x) => Left + (Part(x, xs) * (Right - Left));
        double Up(double y) => Bottom - (Part(y, ys) * (Bottom - Top));
    }

    // The marks of an axis: from the last one that is not above all values to the first one that is not below any.
    private static double[] Marks(IEnumerable<double> values)
    {
        (double least, double greatest) = (values.Min(), values.Max());
        double[] all = [.. Enumerable.Range(-3, 12).SelectMany(power => Steps.Select(step => step * Math.Pow(10, power)))];
        int first = Array.FindLastIndex(all, mark => mark <= least);
        int last = Array.FindIndex(all, mark => mark >= greatest);
        return all[first..(Math.Max(last, first + 1) + 1)];
    }

    private static double Part(double value, double[] marks) =>
        (Math.Log(value) - Math.Log(marks[0])) / (Math.Log(marks[^1]) - Math.Log(marks[0]));
}
