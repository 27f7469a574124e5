import { z } from "zod";
import { adminQuery } from "../admin/admin-data.ts";

/** As much of JSON Schema 2020-12 as the reference shows. */
interface Shape {
  readonly type?: string | readonly string[] | undefined;
  readonly format?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly anyOf?: readonly Shape[] | undefined;
  readonly items?: Shape | undefined;
  readonly properties?: Readonly<Record<string, Shape>> | undefined;
  readonly required?: readonly string[] | undefined;
}

const Shape: z.ZodType<Shape> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    format: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(Shape).optional(),
    items: Shape.optional(),
    properties: z.record(z.string(), Shape).optional(),
    required: z.array(z.string()).optional(),
  }),
);

const Content = z.record(z.string(), z.object({ schema: Shape.optional() }));

const Operation = z.object({
  operationId: z.string(),
  summary: z.string().default(""),
  description: z.string().optional(),
  tags: z.array(z.string()).default([]),
  "x-permission": z.string().optional(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        required: z.boolean().default(false),
        schema: Shape.optional(),
      }),
    )
    .default([]),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: Content.optional() })),
});

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

const Document = z.object({
  info: z.object({ description: z.string().default("") }),
  paths: z.record(z.string(), z.partialRecord(z.enum(METHODS), Operation)),
});

/** A value that an operation takes or gives. */
export interface Field {
  readonly name: string;
  readonly kind: string;
  readonly isRequired: boolean;
}

export interface Described {
  readonly id: string;
  readonly method: (typeof METHODS)[number];
  /** with `/v1` */
  readonly path: string;
  readonly summary: string;
  readonly description: string | undefined;
  readonly permission: string | undefined;
  readonly parameters: readonly Field[];
  readonly body: readonly Field[];
  /** media types of a body that is no JSON */
  readonly files: readonly string[];
  readonly answers: readonly {
    readonly status: string;
    readonly words: string;
    readonly fields: readonly Field[];
  }[];
}

export interface Reference {
  readonly description: string;
  readonly groups: readonly { readonly tag: string; readonly operations: readonly Described[] }[];
}

/** What a value is, in a word or two: `string`, `date-time or null`, `list of string`. */
function kindOf(shape: Shape | undefined): string {
  if (shape === undefined) return "value";
  const values = shape.enum?.map(String) ?? [];
  if (values.length > 0) return values.join(" | ");
  if (shape.anyOf !== undefined) return [...new Set(shape.anyOf.map(kindOf))].join(" or ");
  if (Array.isArray(shape.type)) return shape.type.join(" or ");
  if (shape.type === "array") return `list of ${kindOf(shape.items)}`;
  return shape.format ?? (typeof shape.type === "string" ? shape.type : "value");
}

function fieldsOf(shape: Shape | undefined): readonly Field[] {
  const items = shape?.type === "array" ? shape.items : shape;
  return Object.entries(items?.properties ?? {}).map(([name, inner]) => ({
    name,
    kind: kindOf(inner),
    isRequired: items?.required?.includes(name) ?? false,
  }));
}

const jsonOf = (content: z.output<typeof Content> | undefined): Shape | undefined =>
  content?.["application/json"]?.schema;

/** The operations of the document, by what they are about. */
export function readReference(document: z.output<typeof Document>): Reference {
  const groups = new Map<string, Described[]>();
  for (const [path, methods] of Object.entries(document.paths))
    for (const method of METHODS) {
      const operation = methods[method];
      if (operation === undefined) continue;
      const tag = operation.tags[0] ?? "";
      const list = groups.get(tag) ?? [];
      groups.set(tag, list);
      const content = operation.requestBody?.content;
      list.push({
        id: operation.operationId,
        method,
        path: `/v1${path === "/" ? "" : path}`,
        summary: operation.summary,
        description: operation.description,
        permission: operation["x-permission"],
        parameters: operation.parameters.map(({ name, schema, required }) => ({
          name,
          kind: kindOf(schema),
          isRequired: required,
        })),
        body: fieldsOf(jsonOf(content)),
        files: Object.keys(content ?? {}).filter((type) => type !== "application/json"),
        answers: Object.entries(operation.responses).map(([status, answer]) => ({
          status,
          words: answer.description,
          fields: fieldsOf(jsonOf(answer.content)),
        })),
      });
    }
  return {
    description: document.info.description,
    groups: [...groups]
      .map(([tag, operations]) => ({ tag, operations }))
      .toSorted((one, other) => one.tag.localeCompare(other.tag)),
  };
}

export const documentQuery = adminQuery("/v1/openapi.json", Document);
