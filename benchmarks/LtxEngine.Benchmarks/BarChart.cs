using System.Globalization;
using System.Security;
using System.Text;

namespace LtxEngine.Benchmarks;

/// <summary>A chart of horizontal bars as an SVG file: each bar is one part or several in a row, and may stand against a mark (the peak).</summary>
/// <param name="title">The headline.</param>
/// <param name="unit">The unit of the values.</param>
internal sealed class BarChart(string title, string unit)
{
    private const int LabelWidth = 330;
    private const int BarWidth = 430;
    private const int RowHeight = 24;
    private const int Top = 44;

    private static readonly string[] Colours = ["#3b6ea5", "#d98b2b", "#5b9a57", "#9a5b8f", "#8a8a8a", "#b5523b", "#4aa3a2", "#c2a83e"];

    private readonly List<(string Label, (string Name, double Value)[] Parts, double Mark)> _bars = [];

    /// <summary>Adds a bar.</summary>
    /// <param name="label">Its name.</param>
    /// <param name="value">Its length.</param>
    /// <param name="mark">Where a line is drawn across it; NaN for none.</param>
    public void Add(string label, double value, double mark = double.NaN) => _bars.Add((label, [(string.Empty, value)], mark));

    /// <summary>Adds a bar of several parts.</summary>
    /// <param name="label">Its name.</param>
    /// <param name="parts">Names and lengths.</param>
    public void AddStack(string label, params (string Name, double Value)[] parts) => _bars.Add((label, parts, double.NaN));

    /// <summary>Writes the file; without bars there is none.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path)
    {
        if (_bars.Count == 0)
        {
            return;
        }

        string[] names = [.. _bars.SelectMany(bar => bar.Parts).Select(part => part.Name).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)];
        double longest = _bars.Max(bar => Math.Max(bar.Parts.Sum(part => part.Value), double.IsNaN(bar.Mark) ? 0 : bar.Mark));
        int height = Top + (RowHeight * _bars.Count) + 12 + (18 * ((names.Length + 2) / 3));
        StringBuilder svg = new();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{LabelWidth + BarWidth + 110}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Line(svg, $"<rect width=\"100%\" height=\"100%\" fill=\"white\"/><text x=\"10\" y=\"22\" font-size=\"15\">{SecurityElement.Escape(title)}</text>");
        for (int i = 0; i < _bars.Count; i++)
        {
            (string label, (string Name, double Value)[] parts, double mark) = _bars[i];
            int y = Top + (i * RowHeight);
            double x = LabelWidth;
            Line(svg, $"<text x=\"{LabelWidth - 8}\" y=\"{y + 13}\" text-anchor=\"end\">{SecurityElement.Escape(label)}</text>");
            foreach ((string name, double value) in parts)
            {
                double width = value / longest * BarWidth;
                Line(svg, $"<rect x=\"{x:F1}\" y=\"{y}\" width=\"{width:F1}\" height=\"17\" fill=\"{Colours[Math.Max(0, Array.IndexOf(names, name)) % Colours.Length]}\"/>");
                x += width;
            }

            if (!double.IsNaN(mark))
            {
                double at = LabelWidth + (mark / longest * BarWidth);
                Line(svg, $"<line x1=\"{at:F1}\" y1=\"{y - 2}\" x2=\"{at:F1}\" y2=\"{y + 19}\" stroke=\"#b5523b\" stroke-width=\"2\"/>");
                x = Math.Max(x, at);
            }

            Line(svg, $"<text x=\"{x + 5:F1}\" y=\"{y + 13}\">{parts.Sum(part => part.Value):G4} {SecurityElement.Escape(unit)}</text>");
        }

        for (int i = 0; i < names.Length; i++)
        {
            int x = 20 + (280 * (i % 3));
            int y = Top + (RowHeight * _bars.Count) + 8 + (18 * (i / 3));
            Line(svg, $"<rect x=\"{x}\" y=\"{y}\" width=\"11\" height=\"11\" fill=\"{Colours[i % Colours.Length]}\"/><text x=\"{x + 16}\" y=\"{y + 10}\">{SecurityElement.Escape(names[i])}</text>");
        }

        svg.Append("</svg>\n");
        File.WriteAllText(path, svg.ToString());
    }

    private static void Line(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
