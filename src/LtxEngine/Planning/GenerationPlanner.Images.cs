namespace LtxEngine.Planning;

/// <content>Images and LoRAs.</content>
internal static partial class GenerationPlanner
{
    /// <summary>Images by frame, whichever property they came from: the same images at the same frames give the same clip.</summary>
    private static List<PlannedImage> Images(GenerationRequest request, int frames, ErrorList errors)
    {
        List<PlannedImage> images = [];
        bool forward = request.InterpolationDirection == InterpolationDirection.Forward;
        int last = frames - 1;
        errors.Require(request.ImageStrength is >= 0 and <= 1, "image_strength", request.ImageStrength, "0 … 1");
        errors.Require(request.EndImageStrength is >= 0 and <= 1, "end_image_strength", request.EndImageStrength, "0 … 1");
        Add(request.Image, forward ? 0 : last, request.ImageStrength, "image");
        Add(request.EndImage, forward ? last : 0, request.EndImageStrength, "end_image");
        errors.Require(
            Enum.IsDefined(request.InterpolationDirection), "interpolation_direction", request.InterpolationDirection, "forward, backward");
        if (errors.Require(request.Images is not null, "images", null, "a list, which may be empty"))
        {
            for (int i = 0; i < request.Images!.Count; i++)
            {
                string field = $"images[{i}]";
                FrameImage image = request.Images[i];
                if (errors.Require(image?.Image is not null, field, null, "an image at a frame")
                    && errors.Require(image!.Strength is >= 0 and <= 1, field + ".strength", image.Strength, "0 … 1")
                    && errors.Require(image.Frame >= 0 && (image.Frame <= last || last < 0), field + ".frame", image.Frame, $"0 … {last}, the frames of the clip"))
                {
                    Add(image.Image, image.Frame, image.Strength, field);
                }
            }
        }

        errors.Require(
            Enum.IsDefined(request.KeyframeTimeExtent), "keyframe_time_extent", request.KeyframeTimeExtent, "one-frame, eight-frames");
        errors.Require(request.ImageCrf is >= 0 and <= 51, "image_crf", request.ImageCrf, "0 (off) … 51");
        return [.. images.OrderBy(image => image.Frame)];

        void Add(ImageSource? source, int frame, double strength, string field)
        {
            if (source is not null
                && errors.Require(!images.Exists(image => image.Frame == frame), field, $"at frame {frame}", "one image for each frame; another stands there already"))
            {
                images.Add(new PlannedImage(source, frame, strength));
            }
        }
    }

    private static List<LoraUse> Loras(GenerationRequest request, ModelProfile model, ErrorList errors)
    {
        List<LoraUse> loras = [];
        if (errors.Require(request.Loras is not null, "loras", null, "a list, which may be empty"))
        {
            for (int i = 0; i < request.Loras!.Count; i++)
            {
                LoraUse lora = request.Loras[i];
                if (errors.Require(!string.IsNullOrWhiteSpace(lora?.Path), $"loras[{i}]", lora?.Path, "a LoRA file")
                    && errors.Require(float.IsFinite((float)lora!.Strength), $"loras[{i}].strength", lora.Strength, "a finite number"))
                {
                    loras.Add(lora);
                }
            }
        }

        errors.Require(float.IsFinite((float)request.CameraLoraScale), "camera_lora_scale", request.CameraLoraScale, "a finite number");
        errors.Require(
            request.DistilledLoraStrength is null || float.IsFinite((float)request.DistilledLoraStrength.Value), "distilled_lora_strength", request.DistilledLoraStrength, "a finite number");
        errors.Require(Enum.IsDefined(request.LoraMode), "lora_mode", request.LoraMode, "fused, applied");
        errors.Require(Enum.IsDefined(request.LoraRounding), "lora_rounding", request.LoraRounding, "single, brain-float");
        if (request.CameraLora is null or "none")
        {
            return loras;
        }

        if (errors.Require(
            model.CameraLoras.TryGetValue(request.CameraLora, out string? camera),
            "camera_lora",
            request.CameraLora,
            model.CameraLoras.Count > 0
                ? "none, " + string.Join(", ", model.CameraLoras.Keys.Order(StringComparer.Ordinal)) + ": what the model folder holds"
                : "none; the model folder holds no camera LoRA: put files like ltx-2-19b-lora-camera-control-dolly-in.safetensors into it or name them in ltx-model.json as files.camera_loras"))
        {
            loras.Insert(0, new LoraUse(camera!, request.CameraLoraScale));
        }

        return loras;
    }
}
