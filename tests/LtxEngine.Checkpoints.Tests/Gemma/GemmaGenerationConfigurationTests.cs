using System.Text;
using LtxEngine.Checkpoints.Gemma;

namespace LtxEngine.Checkpoints.Tests.Gemma;

public sealed class GemmaGenerationConfigurationTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Stated_values_are_read_and_others_stay_open()
    {
        GemmaGenerationConfiguration all = Load("""{"top_k":64,"top_p":0.95,"eos_token_id":[1,106],"temperature":1.0}""");
        Assert.Equal(64, all.TopK);
        Assert.Equal(0.95, all.TopP);
        Assert.Equal([1, 106], all.StopIds!.Value);

        Assert.Equal([1], Load("""{"eos_token_id":1}""").StopIds!.Value);
        Assert.Equal(new GemmaGenerationConfiguration(), Load("""{"top_k":null}"""));
    }

    [Theory]
    [InlineData("""{"top_k":-1}""", "top_k")]
    [InlineData("""{"top_k":1.5}""", "top_k")]
    [InlineData("""{"top_p":0}""", "top_p")]
    [InlineData("""{"top_p":1.01}""", "top_p")]
    [InlineData("""{"top_p":1e999}""", "top_p")]
    [InlineData("""{"eos_token_id":"x"}""", "eos_token_id")]
    [InlineData("""{"eos_token_id":[1,-1]}""", "eos_token_id")]
    [InlineData("""{"eos_token_id":[4294967296]}""", "eos_token_id")]
    [InlineData("[]", "object")]
    [InlineData("{", "cannot be read")]
    [InlineData("", "cannot be read")]
    public void A_damaged_file_is_refused_with_the_fields_name(string json, string says) =>
        Assert.Contains(says, Assert.Throws<ModelFormatException>(() => Load(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Several_problems_are_reported_together() =>
        Assert.Equal(3, Assert.Throws<ModelFormatException>(() => Load("""{"top_k":-1,"top_p":2,"eos_token_id":true}""")).Problems.Count);

    private GemmaGenerationConfiguration Load(string json)
    {
        File.WriteAllText(_path, json, new UTF8Encoding(false));
        return GemmaGenerationConfiguration.Load(_path);
    }
}
