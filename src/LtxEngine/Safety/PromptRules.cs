using System.Text.RegularExpressions;
using LtxEngine.Safety;

namespace LtxEngine;

/// <summary>
/// Words and patterns that a prompt must not hold, in groups that name the reason. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// One rule a line: a word or several words in a row; <c>/a regular expression/</c>; <c>[the name of a group]</c> for the rules below it;
/// <c>@default</c> for the rules that come with the engine; <c>#</c> begins a comment. Words match whole words only, whatever stands between
/// them. Case, accents, full-width and other letter forms and invisible characters make no difference; patterns see the text in that
/// plain form. Patterns are matched without backtracking, so that none can take long.
/// </remarks>
public sealed class PromptRules
{
    private const int LongestText = 1 << 20;
    private const string UnnamedGroup = "disallowed content";
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(2);
    private static readonly Lazy<PromptRules> Shipped = new(() => Parse(SafetyData.Read("DefaultPromptRules.txt")));

    private readonly Dictionary<string, List<Phrase>> _phrases = new(StringComparer.Ordinal);
    private readonly List<Pattern> _patterns = [];

    private PromptRules()
    {
    }

    /// <summary>A short English list of clearly disallowed content, which comes with the engine as a data file.</summary>
    public static PromptRules Default => Shipped.Value;

    /// <summary>Number of rules.</summary>
    public int Count => _phrases.Values.Sum(phrases => phrases.Count) + _patterns.Count;

    /// <summary>Reads rules.</summary>
    /// <param name="text">The lines, as the remarks of this class say.</param>
    /// <returns>The rules; none where the text holds none.</returns>
    /// <exception cref="FormatException">Lines cannot be used; all of them are named.</exception>
    public static PromptRules Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LongestText)
        {
            throw new FormatException($"The rules have {text.Length} characters; at most {LongestText} are read.");
        }

        PromptRules rules = new();
        List<string> problems = [];
        string group = UnnamedGroup;
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '[')
            {
                group = line.Trim('[', ']', ' ');
                Require(group.Length > 0 && line[^1] == ']', "a group is written as [name]");
            }
            else if (line[0] == '@')
            {
                Require(line == "@default", "only @default can be included");
                rules.Include(Default);
            }
            else if (line[0] == '/')
            {
                Require(line.Length > 2 && line[^1] == '/', "a pattern is written as /regular expression/");
                if (rules.AddPattern(line.Trim('/'), group) is { } problem)
                {
                    Require(false, problem);
                }
            }
            else
            {
                Require(rules.AddPhrase(line, group), "a rule needs a letter or digit");
            }

            void Require(bool holds, string problem)
            {
                if (!holds)
                {
                    problems.Add($"line {i + 1} ({(line.Length > 60 ? line[..60] + "…" : line)}): {problem}");
                }
            }
        }

        return problems.Count == 0 ? rules : throw new FormatException("The prompt rules cannot be used: " + string.Join("; ", problems) + ".");
    }

    /// <summary>Looks for something that a text must not hold.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The group of the first rule that applies; null where none does.</returns>
    public string? FindViolation(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string plain = PlainText.From(text);
        List<string> words = PlainText.Words(plain);
        for (int i = 0; i < words.Count; i++)
        {
            if (_phrases.TryGetValue(words[i], out List<Phrase>? phrases) && phrases.Find(phrase => phrase.BeginsAt(words, i)) is { } found)
            {
                return found.Group;
            }
        }

        return _patterns.Find(pattern => pattern.Matches(plain))?.Group;
    }

    private void Include(PromptRules other)
    {
        foreach (Phrase phrase in other._phrases.Values.SelectMany(phrases => phrases))
        {
            Add(phrase);
        }

        _patterns.AddRange(other._patterns);
    }

    private bool AddPhrase(string line, string group)
    {
        List<string> words = PlainText.Words(PlainText.From(line));
        if (words.Count > 0)
        {
            Add(new Phrase([.. words], group));
        }

        return words.Count > 0;
    }

    private void Add(Phrase phrase)
    {
        if (!_phrases.TryGetValue(phrase.Words[0], out List<Phrase>? phrases))
        {
            _phrases.Add(phrase.Words[0], phrases = []);
        }

        phrases.Add(phrase);
    }

    private string? AddPattern(string pattern, string group)
    {
        try
        {
            _patterns.Add(new Pattern(
                new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchTimeout), group));
            return null;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return exception.Message.TrimEnd('.');
        }
    }

    private sealed record Phrase(string[] Words, string Group)
    {
        public bool BeginsAt(List<string> words, int index)
        {
            for (int i = 0; i < Words.Length; i++)
            {
                if (index + i >= words.Count || !string.Equals(words[index + i], Words[i], StringComparison.Ordinal))
                {
                    return false;
                }
            }

            return true;
        }
    }

    private sealed record Pattern(Regex Expression, string Group)
    {
        /// <summary>A text that takes a pattern too long cannot be judged, so it counts as a match.</summary>
        public bool Matches(string plain)
        {
            try
            {
                return Expression.IsMatch(plain);
            }
            catch (RegexMatchTimeoutException)
            {
                return true;
            }
        }
    }
}
