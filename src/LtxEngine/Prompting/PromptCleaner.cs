using System.Buffers;
using System.Globalization;
using System.Text;

namespace LtxEngine.Prompting;

/// <summary>Makes what the text model wrote a plain prompt, by the original's rules.</summary>
internal static class PromptCleaner
{
    /// <summary>
    /// Replaces typographic quotes, primes, dashes, minus signs and no-break spaces by their plain forms, one character for one, then drops
    /// everything before the first letter: list numbers, asterisks, quotes.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <returns>The prompt; a text without a letter comes back whole, with the replacements done.</returns>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string plain = string.Create(text.Length, text, (characters, source) =>
        {
            for (int i = 0; i < characters.Length; i++)
            {
                characters[i] = Plain(source[i]);
            }
        });
        int letter = FindLetter(plain);
        return letter < 0 ? plain : plain[letter..];
    }

    /// <summary>
    /// Where the first letter begins: a Unicode scalar of category Lu, Ll, Lt, Lm or Lo. Scalars, not UTF-16 units, because letters beyond
    /// the basic plane are two units of no category of their own.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <returns>The index of its first UTF-16 unit; −1 when there is none.</returns>
    public static int FindLetter(ReadOnlySpan<char> text)
    {
        int index = 0;
        while (index < text.Length)
        {
            bool isScalar = Rune.DecodeFromUtf16(text[index..], out Rune rune, out int length) == OperationStatus.Done;
            if (isScalar && Rune.GetUnicodeCategory(rune) <= UnicodeCategory.OtherLetter)
            {
                return index;
            }

            index += length;
        }

        return -1;
    }

    private static char Plain(char value) => value switch
    {
        '\u2018' or '\u2019' or '\u2032' => '\'',
        '\u201C' or '\u201D' => '"',
        '\u2014' or '\u2013' or '\u2212' => '-',
        '\u00A0' => ' ',
        _ => value,
    };
}
