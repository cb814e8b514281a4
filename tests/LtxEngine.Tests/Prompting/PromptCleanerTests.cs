using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Prompting;

namespace LtxEngine.Tests.Prompting;

public sealed class PromptCleanerTests
{
    [Theory]
    [InlineData("**Style:** calm", "Style:** calm")]
    [InlineData("\u2018a\u2019 \u2032 \u201Cb\u201D \u2014\u2013\u2212\u00A0c", "a' ' \"b\" --- c")]
    [InlineData("\u2014 12 \u201D", "- 12 \"")]
    [InlineData("\uD83C\uDFAC \uD835\uDD04", "\uD835\uDD04")]
    [InlineData("\uD835 lone half", "lone half")]
    [InlineData("", "")]
    public void Typography_becomes_plain_and_the_text_begins_with_a_letter(string text, string expected) =>
        Assert.Equal(expected, PromptCleaner.Clean(text));

    [Fact]
    public void Cleaning_twice_changes_nothing_and_only_ever_drops_a_beginning_without_letters() =>
        Prop.ForAll<string>(text =>
        {
            string source = text ?? string.Empty;
            string clean = PromptCleaner.Clean(source);
            int dropped = source.Length - clean.Length;
            return PromptCleaner.Clean(clean) == clean
                && PromptCleaner.FindLetter(source.AsSpan(0, dropped)) < 0
                && (dropped == 0 || PromptCleaner.FindLetter(clean) == 0);
        }).QuickCheckThrowOnFailure();
}
