using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Hosting;

/// <summary>Refuses what the collector could not keep.</summary>
internal sealed class GrainCollectionOptionsValidator : IValidateOptions<GrainCollectionOptions>
{
    public ValidateOptionsResult Validate(string? name, GrainCollectionOptions options)
    {
        if (options.CollectionQuantum <= TimeSpan.Zero)
        {
            return ValidateOptionsResult.Fail($"CollectionQuantum is {options.CollectionQuantum}; it must be greater than zero.");
        }

        return options.CollectionAge > options.CollectionQuantum
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"CollectionAge is {options.CollectionAge}; it must be greater than CollectionQuantum, {options.CollectionQuantum}.");
    }
}
