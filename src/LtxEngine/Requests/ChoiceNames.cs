using System.Text.Json;

namespace LtxEngine.Requests;

/// <summary>The names that the values of an enumeration have in requests.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class ChoiceNames<T>
    where T : struct, Enum
{
    private readonly (string Name, T Value)[] _choices;

    /// <summary>Takes names that differ from those in code.</summary>
    /// <param name="choices">Name and value, in the order in which they are listed.</param>
    public ChoiceNames(params (string Name, T Value)[] choices)
    {
        _choices = choices;
        Names = [.. choices.Select(choice => choice.Name)];
    }

    /// <summary>The names in code, in kebab case.</summary>
    public static ChoiceNames<T> Kebab { get; } = new([.. Enum.GetValues<T>().Select(value => (JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()), value))]);

    /// <summary>The names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The value of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public T ValueOf(string name) => _choices.First(choice => string.Equals(choice.Name, name, StringComparison.Ordinal)).Value;

    /// <summary>The name of a value; a number where the enumeration does not have it.</summary>
    /// <param name="value">The value.</param>
    public string NameOf(T value)
    {
        foreach ((string name, T known) in _choices)
        {
            if (EqualityComparer<T>.Default.Equals(known, value))
            {
                return name;
            }
        }

        return value.ToString();
    }
}
