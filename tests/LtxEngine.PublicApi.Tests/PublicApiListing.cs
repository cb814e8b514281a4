using System.Reflection;
using System.Runtime.CompilerServices;

namespace LtxEngine.PublicApi.Tests;

/// <summary>Writes the public surface of assemblies as text, one member a line, in a stable order.</summary>
internal static class PublicApiListing
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>Lists the assemblies.</summary>
    public static IReadOnlyList<string> Create(IEnumerable<Assembly> assemblies) =>
        [.. assemblies.OrderBy(a => a.GetName().Name, StringComparer.Ordinal).SelectMany(List)];

    private static IEnumerable<string> List(Assembly assembly)
    {
        yield return "# " + assembly.GetName().Name;
        foreach (Type type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            yield return Describe(type);
            foreach (string member in type.GetMembers(Declared).Where(IsListed).Select(Describe).Order(StringComparer.Ordinal))
            {
                yield return "    " + member;
            }
        }
    }

    private static bool IsListed(MemberInfo member) => member switch
    {
        // What the compiler adds to records and properties says nothing that the members themselves do not say.
        _ when member.IsDefined(typeof(CompilerGeneratedAttribute)) => false,
        MethodBase method => IsVisible(method) && (!method.IsSpecialName || method is ConstructorInfo) && method.Name is not ("ToString" or "Equals" or "GetHashCode" or "PrintMembers"),
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible) && property.Name != "EqualityContract",
        _ => false,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Describe(Type type)
    {
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        string basis = type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) && b != typeof(Enum) ? " : " + Name(b) : string.Empty;
        return $"{kind} {type.Namespace}.{Name(type)}{basis}";
    }

    private static string Describe(MemberInfo member) => member switch
    {
        FieldInfo field => $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : string.Empty)}{Name(field.FieldType)} {field.Name}{(field.IsLiteral ? " = " + field.GetRawConstantValue() : string.Empty)}",
        PropertyInfo property => Describe(property),
        MethodInfo method => $"{(method.IsStatic ? "static " : string.Empty)}{Name(method.ReturnParameter)} {method.Name}({Parameters(method)})",
        ConstructorInfo constructor => $"new({Parameters(constructor)})",
        _ => member.ToString()!,
    };

    private static string Describe(PropertyInfo property)
    {
        bool isStatic = property.GetAccessors(nonPublic: true)[0].IsStatic;
        bool required = property.IsDefined(typeof(RequiredMemberAttribute));
        string set = property.SetMethod is { } setter && IsVisible(setter)
            ? setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;"
            : string.Empty;
        string nullable = Nullability.Create(property).ReadState == NullabilityState.Nullable && !property.PropertyType.IsValueType ? "?" : string.Empty;
        string index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : string.Empty;
        return $"{(isStatic ? "static " : string.Empty)}{(required ? "required " : string.Empty)}{Name(property.PropertyType)}{nullable} {property.Name}{index} {{ get;{set} }}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter) => $"{Name(parameter)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "null") : string.Empty)}";

    private static string Name(ParameterInfo parameter)
    {
        string nullable = !parameter.ParameterType.IsValueType && !parameter.ParameterType.IsByRef && Nullability.Create(parameter).ReadState == NullabilityState.Nullable ? "?" : string.Empty;
        return Name(parameter.ParameterType) + nullable;
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return "ref " + Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        if (!type.IsGenericType)
        {
            return type.Name;
        }

        return $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
