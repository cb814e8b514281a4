using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.VisualBasic.FileIO;

namespace LtxEngine.Cli.Batch;

/// <summary>Reads the lines of a jobs file: JSON lines, or a table with the names of the fields in its first row.</summary>
internal static class JobsFile
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="errors">Receives a message for every line that is none.</param>
    /// <returns>The lines that hold a job; empty ones are passed over.</returns>
    /// <exception cref="UsageException">The file is of another kind or cannot be read.</exception>
    public static IReadOnlyList<JobLine> Read(string path, List<string> errors)
    {
        try
        {
            return Path.GetExtension(path).ToUpperInvariant() switch
            {
                ".JSONL" or ".NDJSON" => ReadJson(path, errors),
                ".CSV" => ReadTable(path, errors),
                _ => throw new UsageException($"'{path}': a jobs file ends in .jsonl (one JSON object a line) or .csv (a table with field names in its first row)."),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"'{path}' cannot be read: {exception.Message}");
        }
    }

    private static List<JobLine> ReadJson(string path, List<string> errors)
    {
        List<JobLine> lines = [];
        int number = 0;
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                using JsonDocument document = JsonDocument.Parse(line, Strict);
                lines.Add(new JobLine(number, document.RootElement.Clone()));
            }
            catch (JsonException exception)
            {
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"line {number} is no JSON object: {exception.Message.Split(" LineNumber:")[0]}"));
            }
        }

        return lines;
    }

    private static List<JobLine> ReadTable(string path, List<string> errors)
    {
        List<JobLine> lines = [];
        using TextFieldParser parser = new(path, Encoding.UTF8) { TextFieldType = FieldType.Delimited, Delimiters = [","], HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = false };
        string[]? names = null;
        while (!parser.EndOfData)
        {
            int number = (int)parser.LineNumber;
            try
            {
                string[] cells = parser.ReadFields()!;
                if (names is null)
                {
                    names = ReadNames(cells);
                }
                else if (cells.Length > names.Length)
                {
                    errors.Add(string.Create(CultureInfo.InvariantCulture, $"line {number} has {cells.Length} cells, the first row {names.Length}; put texts with commas in quotes."));
                }
                else
                {
                    lines.Add(new JobLine(number, Fields(names, cells)));
                }
            }
            catch (MalformedLineException)
            {
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"line {number}: a quote is missing, or stands where none may be; within quotes a quote is written twice."));
            }
        }

        return lines;
    }

    private static string[] ReadNames(string[] cells)
    {
        string[] names = [.. cells.Select(cell => cell.Trim())];
        return Array.Exists(names, string.IsNullOrEmpty) || names.Distinct(StringComparer.Ordinal).Count() < names.Length
            ? throw new UsageException("The first row must name the field of each column, every one once.")
            : names;
    }

    /// <summary>Empty cells are fields that are left out.</summary>
    private static JsonElement Fields(string[] names, string[] cells) => JsonSerializer.SerializeToElement(
        names.Zip(cells).Where(cell => cell.Second.Length > 0).ToDictionary(cell => cell.First, cell => cell.Second, StringComparer.Ordinal));
}
