namespace LtxEngine.Networks.Tests;

internal sealed class RecordingProbe : ITensorProbe
{
    public Dictionary<string, (float[] Values, int Rows, int Columns)> Recorded { get; } = [];

    public bool Wants(string name) => true;

    public void Record(string name, ReadOnlySpan<float> values, int rows, int columns) => Recorded[name] = (values.ToArray(), rows, columns);
}
