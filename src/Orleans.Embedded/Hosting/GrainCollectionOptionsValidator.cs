using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Hosting;

/// <summary>Refuses what the collector could not keep.</summary>
internal sealed class GrainCollectionOptionsValidator : IValidateOptions<GrainCollectionOptions>
{
    public ValidateOptionsResult Validate(string? name, GrainCollectionOptions options) =>
        options.CollectionQuantum <= TimeSpan.Zero
            ? ValidateOptionsResult.Fail($"{nameof(GrainCollectionOptions.CollectionQuantum)} is {options.CollectionQuantum}; it must be greater than zero.")
        : options.CollectionAge <= options.CollectionQuantum
            ? ValidateOptionsResult.Fail(
                $"{nameof(GrainCollectionOptions.CollectionAge)} is {options.CollectionAge}; it must be greater than {nameof(GrainCollectionOptions.CollectionQuantum)}, which is {options.CollectionQuantum}.")
        : ValidateOptionsResult.Success;
}
