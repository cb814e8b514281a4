namespace LtxEngine;

/// <summary>What is wrong with a model file, in one word, so that a host can react without reading the message.</summary>
public enum ModelFormatErrorKind
{
    /// <summary>Unusable for a reason that has no kind of its own.</summary>
    Other,

    /// <summary>The file or folder does not exist or is not a regular file.</summary>
    NotFound,

    /// <summary>The file ends before its header or its data ends.</summary>
    Truncated,

    /// <summary>The header, its number of entries or its nesting exceeds the limits of this engine.</summary>
    LimitExceeded,

    /// <summary>The header is not a valid UTF-8 JSON object.</summary>
    InvalidJson,

    /// <summary>A key occurs twice.</summary>
    DuplicateKey,

    /// <summary>An entry of the header lacks a field or has one of the wrong kind.</summary>
    InvalidEntry,

    /// <summary>An element type that safetensors does not define or this engine does not read.</summary>
    UnknownDataType,

    /// <summary>A dimension is negative, too large or not an integer.</summary>
    InvalidShape,

    /// <summary>An offset is negative, too large, reversed or outside the file.</summary>
    InvalidOffset,

    /// <summary>The byte range of a tensor does not fit its shape and element type.</summary>
    SizeMismatch,

    /// <summary>Two tensors share bytes.</summary>
    Overlap,

    /// <summary>Bytes between or after the tensors belong to no tensor.</summary>
    Gap,

    /// <summary>The index of a sharded model is malformed or contradicts its files.</summary>
    InvalidIndex,

    /// <summary>A file name or link leads outside the model folder.</summary>
    OutsideFolder,

    /// <summary>A file of another format or model family, recognised as such.</summary>
    UnsupportedFormat,

    /// <summary>The configuration stored in the file is missing, malformed or asks for something this engine does not do.</summary>
    InvalidConfiguration,

    /// <summary>Tensors are missing or have shapes that do not fit each other.</summary>
    InvalidTensors,

    /// <summary>The description of the model folder (<c>ltx-model.json</c>) is malformed.</summary>
    InvalidModelFolder,
}
