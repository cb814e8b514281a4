namespace LtxEngine.Requests;

/// <summary>How a field's value is written.</summary>
internal enum FieldKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A finite number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>One of a few names.</summary>
    Choice,

    /// <summary>A reference to an image: what it may be is up to the caller's resolver.</summary>
    Image,

    /// <summary>A parsed structure: a list, an object, or a text that stands for one.</summary>
    Structure,
}
