namespace LtxEngine.Prompting;

/// <summary>
/// Turns logits into the probabilities that the next token is drawn from, and draws it. One instance serves one text: it reuses its
/// buffers and is not thread-safe.
/// </summary>
/// <remarks>
/// In this order: divide by the temperature; keep the ids whose logit reaches the k-th largest (ties at that place all stay); softmax;
/// from the most probable on keep an id while the mass before it is below top-p; renormalise. Sums run in double and in a fixed order.
/// </remarks>
internal sealed class TokenSampler
{
    private readonly TokenSamplingSettings _settings;
    private readonly List<(float Logit, int Id)> _kept = [];
    private double[] _weights = [];
    private float[] _sorted = [];

    /// <summary>Creates a sampler.</summary>
    /// <param name="settings">How to draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public TokenSampler(TokenSamplingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        _settings = settings;
    }

    /// <summary>The probability of every id.</summary>
    /// <param name="logits">One value per id.</param>
    /// <param name="probabilities">Receives as many values; ids that were filtered out get 0.</param>
    /// <exception cref="InvalidOperationException">A logit is not a number, or none is finite.</exception>
    public void WriteProbabilities(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        double total = Filter(logits);
        probabilities.Clear();
        for (int i = 0; i < _kept.Count; i++)
        {
            probabilities[_kept[i].Id] = (float)(_weights[i] / total);
        }
    }

    /// <summary>Draws an id.</summary>
    /// <param name="logits">One value per id.</param>
    /// <param name="uniform">A random number from 0 up to, not including, 1.</param>
    /// <returns>The id: the first one, from the most probable on, at which the mass exceeds <paramref name="uniform"/>.</returns>
    /// <exception cref="InvalidOperationException">A logit is not a number, or none is finite.</exception>
    public int Sample(ReadOnlySpan<float> logits, double uniform)
    {
        double left = Filter(logits) * uniform;
        int last = _kept.Count - 1;
        for (int i = 0; i < last; i++)
        {
            left -= _weights[i];
            if (left < 0)
            {
                return _kept[i].Id;
            }
        }

        return _kept[last].Id;
    }

    /// <summary>Fills <see cref="_kept"/>, most probable first, and their weights relative to the first.</summary>
    /// <returns>The sum of the kept weights.</returns>
    private double Filter(ReadOnlySpan<float> logits)
    {
        float threshold = Threshold(logits);
        _kept.Clear();
        for (int id = 0; id < logits.Length; id++)
        {
            if (logits[id] >= threshold && logits[id] > float.NegativeInfinity)
            {
                _kept.Add((logits[id], id));
            }
        }

        // The original sorts upwards and cuts from the low end, so of equal logits the higher id survives.
        _kept.Sort((a, b) => a.Logit != b.Logit ? b.Logit.CompareTo(a.Logit) : b.Id.CompareTo(a.Id));
        if (_weights.Length < _kept.Count)
        {
            _weights = new double[_kept.Count];
        }

        double total = 0;
        for (int i = 0; i < _kept.Count; i++)
        {
            _weights[i] = Math.Exp(((double)_kept[i].Logit - _kept[0].Logit) / _settings.Temperature);
            total += _weights[i];
        }

        return _settings.TopP < 1 ? CutMass(total) : total;
    }

    private double CutMass(double total)
    {
        double mass = _weights[0];
        int count = 1;
        while (count < _kept.Count && mass < _settings.TopP * total)
        {
            mass += _weights[count++];
        }

        _kept.RemoveRange(count, _kept.Count - count);
        return mass;
    }

    /// <summary>The k-th largest logit; −∞ when all are kept.</summary>
    private float Threshold(ReadOnlySpan<float> logits)
    {
        bool anyFinite = false;
        foreach (float logit in logits)
        {
            if (float.IsNaN(logit) || float.IsPositiveInfinity(logit))
            {
                throw new InvalidOperationException("The text model gave a logit that is not a finite number; its weights may be damaged.");
            }

            anyFinite |= float.IsFinite(logit);
        }

        if (!anyFinite)
        {
            throw new InvalidOperationException("The text model gave no finite logit; its weights may be damaged.");
        }

        if (_settings.TopK == 0 || _settings.TopK >= logits.Length)
        {
            return float.NegativeInfinity;
        }

        // Sorting the whole vocabulary costs a hundredth of the decoding step that produced it.
        if (_sorted.Length < logits.Length)
        {
            _sorted = new float[logits.Length];
        }

        Span<float> sorted = _sorted.AsSpan(0, logits.Length);
        logits.CopyTo(sorted);
        sorted.Sort();
        return sorted[^_settings.TopK];
    }
}
