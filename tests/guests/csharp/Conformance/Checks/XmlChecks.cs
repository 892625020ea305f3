using System.Text;
using System.Xml;
using System.Xml.Linq;
using System.Xml.XPath;

namespace Hyperlight.Conformance.Checks;

internal static class XmlChecks
{
    private const string Text = """
        <?xml version="1.0" encoding="utf-8"?>
        <orders xmlns:x="urn:extra"><!-- two orders -->
          <order id="1" x:rush="yes"><line price="9.95">A &amp; B</line><line price="1.05"><![CDATA[<raw>]]></line></order>
          <order id="2"/>
        </orders>
        """;

    public static Area Area => new("XML")
    {
        { "document", () => XDocument.Parse(Text).Root!.Elements("order").Select(o => (string?)o.Attribute("id")) },
        { "query", () => XDocument.Parse(Text).Descendants("line").Sum(l => (decimal)l.Attribute("price")!) },
        { "namespace", () => XDocument.Parse(Text).Descendants().Attributes(XNamespace.Get("urn:extra") + "rush").Single().Value },
        { "text and CDATA", () => XDocument.Parse(Text).Descendants("line").Select(l => l.Value) },
        {
            "build",
            () => new XElement("a", new XAttribute("b", "<\">"), new XElement("c", 1.5), "text & more")
                .ToString(SaveOptions.DisableFormatting)
        },
        { "indented", () => new XDocument(new XElement("a", new XElement("b", new XElement("c")))).ToString() },
        {
            "change", () =>
            {
                XElement e = XElement.Parse("<a><b>1</b><c/></a>");
                e.Element("b")!.Value = "2";
                e.Element("c")!.Remove();
                e.Add(new XElement("d"));
                return e.ToString(SaveOptions.DisableFormatting);
            }
        },
        {
            "reader", () =>
            {
                using XmlReader r = XmlReader.Create(new StringReader(Text));
                string log = "";
                while (r.Read())
                {
                    log += r.NodeType + " ";
                }
                return log;
            }
        },
        {
            "reader attributes", () =>
            {
                using XmlReader r = XmlReader.Create(new StringReader(Text));
                r.ReadToFollowing("order");
                return $"{r.AttributeCount} {r.GetAttribute("id")} {r.Depth}";
            }
        },
        {
            "reader content", () =>
            {
                using XmlReader r = XmlReader.Create(new StringReader("<n>12.5</n>"));
                r.MoveToContent();
                return r.ReadElementContentAsDouble();
            }
        },
        {
            "reader async", async () =>
            {
                using XmlReader r = XmlReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(Text)), new() { Async = true });
                int n = 0;
                while (await r.ReadAsync())
                {
                    n++;
                }
                return n;
            }
        },
        { "writer", Write },
        { "broken", () => XDocument.Parse("<a><b></a>") },
        {
            "place of the error", () =>
            {
                try
                {
                    XDocument.Parse("<a>\n  <b></c></a>");
                }
                catch (XmlException e)
                {
                    return $"{e.LineNumber} {e.LinePosition}";
                }
                return "not reached";
            }
        },
        {
            "document type is refused", () =>
            {
                using XmlReader r = XmlReader.Create(new StringReader("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"));
                while (r.Read())
                {
                }
                return "not reached";
            }
        },
        { "XPath", () => XDocument.Parse(Text).XPathSelectElements("//order[@id='1']/line[2]").Single().Value },
        { "XPath number", () => XDocument.Parse(Text).XPathEvaluate("count(//line)") },
        {
            "DOM", () =>
            {
                XmlDocument d = new();
                d.LoadXml("<a><b x='1'/></a>");
                d.DocumentElement!.AppendChild(d.CreateElement("c"));
                return d.OuterXml;
            }
        },
        { "DOM select", () => { XmlDocument d = new(); d.LoadXml(Text); return d.SelectNodes("//line")!.Count; } },
        { "names", () => $"{XmlConvert.EncodeName("a b")} {XmlConvert.ToDouble("INF")} {XmlConvert.ToString(true)}" },
        { "deep equality", () => XNode.DeepEquals(XElement.Parse("<a b='1'><c/></a>"), XElement.Parse("<a b=\"1\"><c></c></a>")) },
        {
            "many elements",
            () => XElement.Parse("<a>" + string.Concat(Enumerable.Range(0, 3000).Select(i => $"<b i='{i}'/>")) + "</a>")
                .Elements().Sum(e => (int)e.Attribute("i")!)
        },
        { "characters", () => XElement.Parse("<a>&#x1F600;&#65;ü</a>").Value },
    };

    private static string Write()
    {
        MemoryStream stream = new();
        using (XmlWriter writer = XmlWriter.Create(stream, new() { Indent = true, Encoding = new UTF8Encoding(false) }))
        {
            writer.WriteStartElement("p", "root", "urn:p");
            writer.WriteAttributeString("when", XmlConvert.ToString(new DateTime(2026, 11, 29), XmlDateTimeSerializationMode.Utc));
            writer.WriteElementString("child", "<&>");
            writer.WriteComment("done");
            writer.WriteEndElement();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
