namespace LtxEngine.Verification;

/// <summary>
/// Runs the reference cases of one component. Runners are found by reflection (a public parameterless constructor is enough),
/// so that a new component is one new file in <c>Components/</c>.
/// A runner looks at <see cref="ReferenceCase.Operation"/> and <see cref="ReferenceCase.Parameters"/>, never at the case's name;
/// it throws <see cref="UnknownOperationException"/> for an operation that it does not know.
/// </summary>
internal interface IComponentRunner
{
    /// <summary>The value of <c>component</c> in <c>case.json</c>.</summary>
    string Component { get; }

    /// <summary>Computes everything that the case expects and hands it to <paramref name="outputs"/>.</summary>
    /// <param name="referenceCase">What to run.</param>
    /// <param name="outputs">Receives the results; comparing them is not the runner's business.</param>
    /// <param name="context">Devices and tools that cases share.</param>
    void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context);
}
