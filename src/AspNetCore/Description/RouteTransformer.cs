using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace AgentStream.AspNetCore.Description;

/// <summary>Adds what <see cref="RouteDescription"/> says to the program's OpenAPI documents.</summary>
internal sealed class RouteTransformer : IOpenApiOperationTransformer
{
    public static readonly RouteTransformer Instance = new();

    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<RouteBody>().FirstOrDefault() is { } body)
        {
            var schema = await context.GetOrCreateSchemaAsync(body.Type, parameterDescription: null, cancellationToken);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = !body.IsOptional,
                Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = body.Type.IsArray ? schema : Register(context.Document!, body.Type.Name, schema) } },
            };
        }

        foreach (var parameter in metadata.OfType<RouteParameter>())
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = parameter.Name,
                In = parameter.IsHeader ? ParameterLocation.Header : ParameterLocation.Query,
                Description = parameter.What,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        foreach (var header in metadata.OfType<ResponseHeader>())
        {
            if (operation.Responses?["200"] is OpenApiResponse success)
            {
                (success.Headers ??= new Dictionary<string, IOpenApiHeader>())[header.Name] = new OpenApiHeader { Description = header.What, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
            }
        }
    }

    private static OpenApiSchemaReference Register(OpenApiDocument document, string name, IOpenApiSchema schema)
    {
        document.AddComponent(name, schema);
        return new OpenApiSchemaReference(name, document);
    }
}
