using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Hyperlight.Runtime.Tests.Telemetry;

/// <summary>Records metrics and spans until it is disposed.</summary>
internal sealed class Recorder : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(string Instrument, double Value, string Tags)> _measurements = [];
    private readonly List<Activity> _spans = [];
    private readonly MeterListener _meter = new();
    private readonly ActivityListener _source;

    public Recorder(bool metrics = true, bool spans = true)
    {
        _meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Hyperlight")
            {
                Instruments[instrument.Name] = instrument;
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meter.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _meter.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        if (metrics)
        {
            _meter.Start();
        }

        _source = new()
        {
            ShouldListenTo = source => spans && source.Name == "Hyperlight",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (_lock)
                {
                    _spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_source);
    }

    /// <summary>The instruments that were published.</summary>
    public Dictionary<string, Instrument> Instruments { get; } = [];

    /// <summary>The ended spans, in the order in which they ended.</summary>
    public List<Activity> Spans
    {
        get
        {
            lock (_lock)
            {
                return [.. _spans];
            }
        }
    }

    /// <summary>Gets the attributes of each measurement of an instrument, in alphabetical order.</summary>
    public List<string> TagsOf(string instrument) => [.. Of(instrument).Select(measurement => measurement.Tags)];

    /// <summary>Gets the measured values of an instrument. Observable instruments are read now.</summary>
    public List<double> ValuesOf(string instrument)
    {
        _meter.RecordObservableInstruments();
        return [.. Of(instrument).Select(measurement => measurement.Value)];
    }

    public void Dispose()
    {
        _meter.Dispose();
        _source.Dispose();
    }

    private List<(string Instrument, double Value, string Tags)> Of(string instrument)
    {
        lock (_lock)
        {
            return [.. _measurements.Where(measurement => measurement.Instrument == instrument)];
        }
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string text = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));
        lock (_lock)
        {
            _measurements.Add((instrument.Name, value, text));
        }
    }
}
