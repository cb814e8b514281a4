using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace LtxEngine.Safety;

/// <summary>
/// The plain form of a text, so that one rule finds a word however it is written: lower case, no accents, full-width, mathematical and
/// circled letters as plain ones, no invisible characters, white space as single blanks.
/// </summary>
/// <remarks>
/// A table of our own and not Unicode normalisation: in programs without globalisation data, as <c>ltx</c> is, the runtime's does nothing.
/// </remarks>
internal static class PlainText
{
    private static readonly FrozenDictionary<int, string> Forms = ReadForms();

    /// <summary>Makes the plain form.</summary>
    /// <param name="text">Any text.</param>
    public static string From(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder plain = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
            {
                if (plain.Length > 0 && plain[^1] != ' ')
                {
                    plain.Append(' ');
                }
            }
            else if (Forms.TryGetValue(rune.Value, out string? form))
            {
                plain.Append(form);
            }
            else if (!IsInvisible(rune))
            {
                plain.Append(Rune.ToLowerInvariant(rune).ToString());
            }
        }

        return plain.ToString().TrimEnd();
    }

    /// <summary>The words of a plain text: runs of letters, digits and marks.</summary>
    /// <param name="plain">What <see cref="From"/> gave.</param>
    public static List<string> Words(string plain)
    {
        List<string> words = [];
        int start = -1;
        int index = 0;
        foreach (Rune rune in plain.EnumerateRunes())
        {
            if (!IsPartOfWord(rune))
            {
                AddWord(index);
            }
            else if (start < 0)
            {
                start = index;
            }

            index += rune.Utf16SequenceLength;
        }

        AddWord(index);
        return words;

        void AddWord(int end)
        {
            if (start >= 0)
            {
                words.Add(plain[start..end]);
                start = -1;
            }
        }
    }

    /// <summary>Joiners, soft hyphens and the like; accents that follow their letter; variation selectors.</summary>
    private static bool IsInvisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format || rune.Value is (>= 0x300 and <= 0x36F) or (>= 0xFE00 and <= 0xFE0F);

    private static bool IsPartOfWord(Rune rune) =>
        Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static FrozenDictionary<int, string> ReadForms()
    {
        Dictionary<int, string> forms = [];
        foreach (string line in SafetyData.Read("PlainForms.txt").Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            foreach (Rune rune in line[(blank + 1)..].EnumerateRunes())
            {
                forms[rune.Value] = line[..blank];
            }
        }

        return forms.ToFrozenDictionary();
    }
}
