using LtxEngine.Safety;

namespace LtxEngine.Tests.Safety;

public sealed class PromptRulesTests
{
    [Theory]
    [InlineData("a PORN clip")]
    [InlineData("pornography, in the style of a painting")]
    [InlineData("ｐｏｒｎ")]
    [InlineData("𝓹𝓸𝓻𝓷 at night")]
    [InlineData("p\u00ADo\u200Br\u2060n")]
    [InlineData("pörn")]
    [InlineData("po\u0308rn")]
    [InlineData("a man is hav\u0131ng  sex")]
    [InlineData("a man,having -- sex")]
    [InlineData("naked children")]
    [InlineData("a nude little girl")]
    [InlineData("how to\nbuild a bomb")]
    public void The_shipped_list_finds_what_it_names_however_it_is_written(string prompt) => Assert.NotNull(PromptRules.Default.FindViolation(prompt));

    [Theory]
    [InlineData("")]
    [InlineData("a white boat sails on the blue sea, with waves")]
    [InlineData("the town hall of Scunthorpe, Essex, in the rain")]
    [InlineData("a therapist peels a grape beside a field of oilseed rape")]
    [InlineData("a naked mole rat digs, visible to the naked eye; children watch")]
    [InlineData("a photographer prints a popcorn poster for the corn festival")]
    [InlineData("a cocktail, a peacock and a classic assassin film")]
    [InlineData("children watch a nature film about a bombardier beetle")]
    [InlineData("a white power cable; the race is on, the war drums of Mars")]
    [InlineData("a sextet plays; the analyst opens a skyscraper drape")]
    [InlineData("a snowman is beheading for home")]
    public void The_shipped_list_lets_ordinary_prompts_through(string prompt) => Assert.Null(PromptRules.Default.FindViolation(prompt));

    [Fact]
    public void A_violation_names_its_group()
    {
        PromptRules rules = PromptRules.Parse("loose\n[brands]\nAcme Corp # no comment within a line\n/\\bac.e\\b/\n\n[drinks]\ncafé\n");

        Assert.Equal(4, rules.Count);
        Assert.Equal("disallowed content", rules.FindViolation("LOOSE"));
        Assert.Equal("brands", rules.FindViolation("an ache"));
        Assert.Equal("drinks", rules.FindViolation("a CAFE\u0301!"));
        Assert.Null(rules.FindViolation("looser cafés"));
    }

    [Fact]
    public void A_list_replaces_the_shipped_one_unless_it_includes_it()
    {
        PromptRules alone = PromptRules.Parse("[boats]\nboat");
        PromptRules together = PromptRules.Parse("@default\n[boats]\nboat");

        Assert.Null(alone.FindViolation("porn"));
        Assert.Equal("boats", alone.FindViolation("a boat"));
        Assert.Equal("boats", together.FindViolation("a boat"));
        Assert.Equal(PromptRules.Default.FindViolation("porn"), together.FindViolation("porn"));
        Assert.Equal(PromptRules.Default.Count + 1, together.Count);
    }

    [Fact]
    public void Every_line_that_cannot_be_used_is_named()
    {
        FormatException error = Assert.Throws<FormatException>(() => PromptRules.Parse("good\n[open\n/(/\n/back(ref)\\1/\n@other\n!!!\n/(?=ahead)/\n"));

        foreach (int line in (int[])[2, 3, 4, 5, 6, 7])
        {
            Assert.Contains($"line {line} (", error.Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("line 1 ", error.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => PromptRules.Parse(new string('x', (1 << 20) + 1)));
    }

    /// <summary>With backtracking the first two would run for longer than the universe has existed.</summary>
    [Theory]
    [InlineData("(a*)*b")]
    [InlineData("(a|aa)+$x")]
    [InlineData("(a{1,1000}){1,1000}b")]
    public void Hostile_patterns_are_refused_or_end(string pattern)
    {
        string text = new('a', 50_000);
        try
        {
            _ = PromptRules.Parse($"/{pattern}/").FindViolation(text);
        }
        catch (FormatException exception)
        {
            Assert.Contains("line 1", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Long_prompts_and_broken_text_are_judged()
    {
        string filler = string.Concat(Enumerable.Repeat("word ", 100_000));

        Assert.NotNull(PromptRules.Default.FindViolation(filler + "porn"));
        Assert.Null(PromptRules.Default.FindViolation(filler));
        Assert.NotNull(PromptRules.Default.FindViolation("\ud800 porn \udfff"));
    }

    [Theory]
    [InlineData("  A\tB\r\n\u00A0C ", "a b c")]
    [InlineData("Ångström Łódź Øre İstanbul", "angstrom lodz ore istanbul")]
    [InlineData("ﬁne Ⓖⓞ １２³", "fine go 123")]
    [InlineData("Привет, МИР", "привет, мир")]
    public void The_plain_form_of_a_text(string text, string plain) => Assert.Equal(plain, PlainText.From(text));
}
