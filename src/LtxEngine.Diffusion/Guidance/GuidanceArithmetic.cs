namespace LtxEngine.Diffusion.Guidance;

/// <summary>The formulas of guidance on predictions of x0. Sums run in double in element order, so results do not depend on the machine.</summary>
internal static class GuidanceArithmetic
{
    private const double ProjectionEpsilon = 1e-8;

    /// <summary>Combines the predictions of one modality; see <see cref="ModalityGuidance"/> for the formula.</summary>
    /// <param name="guidance">Scales and variants.</param>
    /// <param name="conditional">Prediction with the prompt.</param>
    /// <param name="negative">Prediction with the negative prompt; empty if not needed.</param>
    /// <param name="perturbed">Prediction with perturbed self-attention; empty if not needed.</param>
    /// <param name="isolated">Prediction without attention between the modalities; empty leaves the term out.</param>
    /// <param name="result">Receives the guided prediction; must not overlap the inputs.</param>
    public static void Combine(
        ModalityGuidance guidance,
        ReadOnlySpan<float> conditional,
        ReadOnlySpan<float> negative,
        ReadOnlySpan<float> perturbed,
        ReadOnlySpan<float> isolated,
        Span<float> result)
    {
        Require.Length(result.Length, conditional.Length, nameof(result));
        conditional.CopyTo(result);
        if (guidance.UsesNegative)
        {
            AddNegativeTerm(guidance, conditional, negative, result);
        }

        if (guidance.UsesPerturbation)
        {
            AddDifference(conditional, perturbed, (float)guidance.StgScale, result);
        }

        if (guidance.UsesModalityIsolation && !isolated.IsEmpty)
        {
            AddDifference(conditional, isolated, (float)(guidance.ModalityScale - 1), result);
        }

        if (guidance.RescaleScale != 0)
        {
            Rescale(conditional, guidance.RescaleScale, result);
        }
    }

    private static void AddNegativeTerm(ModalityGuidance guidance, ReadOnlySpan<float> conditional, ReadOnlySpan<float> negative, Span<float> result)
    {
        Require.Length(negative.Length, conditional.Length, nameof(negative));
        float factor = (float)(guidance.CfgScale - 1);
        switch (guidance.CfgVariant)
        {
            case CfgVariant.Standard:
                AddDifference(conditional, negative, factor, result);
                break;
            case CfgVariant.Projected:
                AddProjected(conditional, negative, factor, result);
                break;
            case CfgVariant.AdaptiveProjected:
                AddAdaptiveProjected(guidance, conditional, negative, result);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(guidance), guidance.CfgVariant, $"CFG variant {guidance.CfgVariant} is unknown.");
        }
    }

    // result += factor·(c − other)
    private static void AddDifference(ReadOnlySpan<float> conditional, ReadOnlySpan<float> other, float factor, Span<float> result)
    {
        Require.Length(other.Length, conditional.Length, nameof(other));
        for (int i = 0; i < result.Length; i++)
        {
            result[i] += factor * (conditional[i] - other[i]);
        }
    }

    // k = ⟨c,n⟩/(‖n‖²+1e-8); result += factor·(c − k·n)
    private static void AddProjected(ReadOnlySpan<float> conditional, ReadOnlySpan<float> negative, float factor, Span<float> result)
    {
        double dot = 0;
        double squares = 0;
        for (int i = 0; i < conditional.Length; i++)
        {
            dot += (double)conditional[i] * negative[i];
            squares += (double)negative[i] * negative[i];
        }

        float projection = (float)(dot / (squares + ProjectionEpsilon));
        for (int i = 0; i < result.Length; i++)
        {
            result[i] += factor * (conditional[i] - (projection * negative[i]));
        }
    }

    // g = (c − n)·min(1, threshold/‖c − n‖); k = ⟨g,c⟩/(‖c‖²+1e-8); result += (s−1)·(η·k·c + g − k·c)
    private static void AddAdaptiveProjected(
        ModalityGuidance guidance, ReadOnlySpan<float> conditional, ReadOnlySpan<float> negative, Span<float> result)
    {
        double dot = 0;
        double conditionalSquares = 0;
        double differenceSquares = 0;
        for (int i = 0; i < conditional.Length; i++)
        {
            double difference = (double)conditional[i] - negative[i];
            dot += difference * conditional[i];
            conditionalSquares += (double)conditional[i] * conditional[i];
            differenceSquares += difference * difference;
        }

        double shortening = 1;
        double norm = Math.Sqrt(differenceSquares);
        if (guidance.ApgNormThreshold > 0 && norm > guidance.ApgNormThreshold)
        {
            shortening = guidance.ApgNormThreshold / norm;
        }

        double parallel = shortening * dot / (conditionalSquares + ProjectionEpsilon);
        double factor = guidance.CfgScale - 1;
        float differenceFactor = (float)(factor * shortening);
        float conditionalFactor = (float)(factor * (guidance.ApgEta - 1) * parallel);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] += (differenceFactor * (conditional[i] - negative[i])) + (conditionalFactor * conditional[i]);
        }
    }

    // f = φ·std(c)/std(x0) + 1 − φ; a constant prediction has no deviation to bring back and stays as it is.
    private static void Rescale(ReadOnlySpan<float> conditional, double strength, Span<float> result)
    {
        double guided = StandardDeviation(result);
        if (guided == 0)
        {
            return;
        }

        float factor = (float)((strength * StandardDeviation(conditional) / guided) + (1 - strength));
        for (int i = 0; i < result.Length; i++)
        {
            result[i] *= factor;
        }
    }

    private static double StandardDeviation(ReadOnlySpan<float> values)
    {
        if (values.Length < 2)
        {
            return 0;
        }

        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        double mean = sum / values.Length;
        double squares = 0;
        foreach (float value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return Math.Sqrt(squares / (values.Length - 1));
    }
}
