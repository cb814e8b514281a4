using System.Text.Json;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;
using LtxEngine.Requests;

namespace LtxEngine.Tests.Requests;

public sealed class RequestReaderTests
{
    [Fact]
    public void Every_property_of_a_request_is_a_field_of_the_library()
    {
        string[] properties = [.. typeof(GenerationRequest).GetProperties().Where(p => p.Name != nameof(GenerationRequest.Guider)).Select(p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name))];

        Assert.Equal(
            properties.Concat(["sync_mode", "video_size"]).Order(StringComparer.Ordinal),
            LibraryProfile.Instance.Fields.Select(field => field.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_library_sets_nothing_that_is_not_given()
    {
        GenerationRequest request = Read("""{"prompt":"a boat","seed":null}""").Require();

        Assert.Equal(new GenerationRequest { Prompt = "a boat", Images = request.Images, Loras = request.Loras }, request);
    }

    [Theory]
    [InlineData("""{"loras":"a.safetensors"}""", """[{"path":"a.safetensors","strength":1}]""")]
    [InlineData("""{"loras":"a.safetensors:0.5|b:c"}""", """[{"path":"a.safetensors","strength":0.5},{"path":"b:c","strength":1}]""")]
    [InlineData("""{"loras":["a:2",{"path":"b","strength":-1}]}""", """[{"path":"a","strength":2},{"path":"b","strength":-1}]""")]
    [InlineData("""{"loras":"[{\"path\":\"a\"}]"}""", """[{"path":"a","strength":1}]""")]
    [InlineData("""{"images":"24@0.8=m.png|3=n.png"}""", """[{"frame":24,"image":"m.png","strength":0.8},{"frame":3,"image":"n.png","strength":1}]""")]
    [InlineData("""{"images":[{"frame":"2","image":"m.png"}]}""", """[{"frame":2,"image":"m.png","strength":1}]""")]
    [InlineData("""{"sampler":"res_2s"}""", "\"res-2s\"")]
    [InlineData("""{"sampler":{"name":"gradient-estimating-euler","gamma":1.5}}""", """{"name":"gradient-estimating-euler","gamma":1.5}""")]
    [InlineData("""{"sampler":"{\"name\":\"res-2s\",\"anchor_iterations\":0}"}""", """{"name":"res-2s","step_seed":-1,"substep_seed":9999,"anchor_iterations":0}""")]
    [InlineData("""{"sigma_schedule":"LTX_token_shift"}""", "\"ltx-token-shift\"")]
    [InlineData("""{"sigma_schedule":"1, 0.5 ,0"}""", "[1,0.5,0]")]
    [InlineData("""{"sigma_schedule":[1,"0.25",0]}""", "[1,0.25,0]")]
    [InlineData("""{"sigma_schedule":{"terminal":0.2}}""", """{"name":"ltx","shift_tokens":4096,"max_shift":2.05,"base_shift":0.95,"stretch":true,"terminal":0.2}""")]
    [InlineData("""{"video_output_type":"VP9 (.webm)"}""", "\"vp9\"")]
    [InlineData("""{"video_output_type":"GIF"}""", "\"gif\"")]
    [InlineData("""{"keyframe_time_extent":"eight_frames"}""", "\"eight-frames\"")]
    public void Fields_are_read_in_every_form_and_written_in_one(string json, string stored)
    {
        JsonElement body = JsonSerializer.Deserialize<JsonElement>(json);
        string field = body.EnumerateObject().Single().Name;

        GenerationRequest request = Read(json[..^1] + ",\"prompt\":\"\"}").Require();
        string written = RequestWriter.Write(request, describe: image => image.Description)[field]!.ToJsonString();

        Assert.Equal(stored, written);
        GenerationRequest again = Read($"{{\"prompt\":\"\",\"{field}\":{written}}}").Require();
        Assert.Equal(written, RequestWriter.Write(again, describe: image => image.Description)[field]!.ToJsonString());
    }

    [Fact]
    public void Guidance_can_be_given_whole()
    {
        GuidanceParameters guidance = Read(
            """{"prompt":"","guidance":{"video":{"cfg_scale":3,"cfg_variant":"apg","stg_blocks":"10,29","stg_scale":1},"stg_mode":"value-pass-through"}}""").Require().Guidance!;

        Assert.Equal((3.0, CfgVariant.AdaptiveProjected, 1.0, StgMode.ValuePassThrough), (guidance.Video.CfgScale, guidance.Video.CfgVariant, guidance.Video.StgScale, guidance.StgMode));
        Assert.Equal([10, 29], guidance.Video.StgBlocks);
        Assert.Equal(ModalityGuidance.None, guidance.Audio);
    }

    [Theory]
    [InlineData("""{"video_size":"auto"}""", null, null, true)]
    [InlineData("""{"video_size":"square"}""", 512, 512, false)]
    [InlineData("""{"video_size":"1280x704"}""", 1280, 704, false)]
    [InlineData("""{"video_size":"{\"width\":64,\"height\":96}"}""", 64, 96, false)]
    public void A_size_has_several_forms(string json, int? width, int? height, bool isAuto)
    {
        GenerationRequest request = Read(json[..^1] + ",\"prompt\":\"\"}").Require();

        Assert.Equal((width, height, isAuto), (request.Width, request.Height, request.SizeFromImage));
    }

    [Theory]
    [InlineData("""{"num_frame":9}""", "num_frame", "num_frames may be meant")]
    [InlineData("""{"lora":"a"}""", "lora", "loras may be meant")]
    [InlineData("""{"zzz":1}""", "zzz", "lists them all")]
    [InlineData("""{"video_size":"auto","width":64}""", "video_size", "null beside width")]
    [InlineData("""{"loras":[{"path":"a","strngth":1}]}""", "loras[0].strngth", "path, strength")]
    [InlineData("""{"loras":[{}]}""", "loras[0].path", "a LoRA file")]
    [InlineData("""{"loras":[{"path":"a","strength":"NaN"}]}""", "loras[0].strength", "a finite number")]
    [InlineData("""{"images":"first.png"}""", "images[0]", "FRAME=FILE")]
    [InlineData("""{"images":[{"frame":-1,"image":"a"}]}""", "images[0].frame", "a frame of the clip")]
    [InlineData("""{"image":"https://example.com/a.png"}""", "image", "download the picture first")]
    [InlineData("""{"image":"data:image/png;base64,***"}""", "image", "valid base64")]
    [InlineData("""{"sigma_schedule":"0.5,0.5"}""", "sigma_schedule", "each smaller")]
    [InlineData("""{"sigma_schedule":"cosine"}""", "sigma_schedule", "ltx, ltx-token-shift, distilled")]
    [InlineData("""{"sampler":"My.Sampler"}""", "sampler", "euler, gradient-estimating-euler, res-2s")]
    [InlineData("""{"guidance":{"video":{"rescale_scale":1.1}}}""", "guidance.video.rescale_scale", "0 … 1")]
    [InlineData("""{"guider":"My.Guider"}""", "guider", "lists them all")]
    public void What_cannot_be_used_is_refused_by_name(string json, string field, string allowed)
    {
        InvalidRequestException thrown = Assert.Throws<InvalidRequestException>(() => Read(json[..^1] + ",\"prompt\":\"\"}").Require());

        RequestError error = Assert.Single(thrown.Errors);
        Assert.Equal(field, error.Field);
        Assert.Contains(allowed, error.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_takes_the_place_of_that_of_the_request_it_starts_from()
    {
        GenerationRequest sized = new() { Prompt = "x", Width = 64, Height = 96 };

        GenerationRequest following = RequestReader.Read(LibraryProfile.Instance, JsonSerializer.Deserialize<JsonElement>("""{"size_from_image":true}"""), from: sized).Require();
        GenerationRequest again = RequestReader.Read(LibraryProfile.Instance, JsonSerializer.Deserialize<JsonElement>("""{"width":128}"""), from: following).Require();

        Assert.Equal((null, null, true), (following.Width, following.Height, following.SizeFromImage));
        Assert.Equal((128, null, false), (again.Width, again.Height, again.SizeFromImage));
        Assert.Equal("size_from_image", Assert.Single(Read("""{"prompt":"","size_from_image":true,"width":64}""").Errors).Path.Name);
    }

    [Fact]
    public void Cells_of_a_table_are_read_like_json()
    {
        Dictionary<string, string> row = new(StringComparer.Ordinal)
        {
            ["prompt"] = "[a] boat",
            ["num_frames"] = "9",
            ["fps"] = "",
            ["generate_audio"] = "no",
            ["loras"] = "a.safetensors:0.5",
        };

        GenerationRequest request = RequestReader.Read(LibraryProfile.Instance, row).Require();

        Assert.Equal(("[a] boat", 9, null, false), (request.Prompt, request.NumFrames, request.Fps, request.GenerateAudio));
        Assert.Equal([new LoraUse("a.safetensors", 0.5)], request.Loras);
    }

    [Fact]
    public async Task Pictures_may_stand_in_the_request_itself()
    {
        GenerationRequest request = Read("""{"prompt":"","image":"data:image/png;base64,AQID","end_image":"data:,%01a+b"}""").Require();

        Assert.Equal([1, 2, 3], (await request.Image!.ReadEncodedAsync(10, TestContext.Current.CancellationToken)).ToArray());
        Assert.Equal("\u0001a+b"u8.ToArray(), (await request.EndImage!.ReadEncodedAsync(10, TestContext.Current.CancellationToken)).ToArray());
    }

    [Fact]
    public void A_written_request_reads_as_the_same_request()
    {
        GenerationRequest request = new()
        {
            Prompt = "a \"boat\"\nsails",
            NegativePrompt = "fog",
            Image = ImageSource.FromFile("/pictures/start.png"),
            Images = [new FrameImage(ImageSource.FromFile("/pictures/middle.png"), 4, 0.5)],
            Width = 64,
            Height = 96,
            NumFrames = 9,
            Fps = 30000 / 1001.0,
            Seed = long.MinValue,
            Guidance = GuidanceParameters.January29(48),
            Sampler = new Res2sSampler { StepSeed = 3 },
            SigmaSchedule = new LtxSigmaSchedule { ShiftTokens = null },
            Loras = [new LoraUse("a:1", -0.25)],
            CameraLora = "jib_up",
            VideoOutputType = VideoOutputType.Gif,
            Acceleration = AccelerationLevel.Full,
            CheckpointDirectory = "steps",
        };

        string written = RequestWriter.Write(request).ToJsonString();
        GenerationRequest again = Read(written).Require();

        Assert.Equal(written, RequestWriter.Write(again).ToJsonString());
        Assert.Equal((request.Fps, request.Seed, request.Prompt), (again.Fps, again.Seed, again.Prompt));
        Assert.Null(again.CheckpointDirectory);
        Assert.Equal(new LoraUse("a:1", -0.25), Assert.Single(again.Loras));
    }

    private static RequestReading Read(string json) => RequestReader.Read(LibraryProfile.Instance, JsonSerializer.Deserialize<JsonElement>(json));
}
