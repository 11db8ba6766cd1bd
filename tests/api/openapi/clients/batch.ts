// A program that submits a batch and reads it, with the types that openapi-typescript generates.
import type { components, operations } from "./api";

type Batch = components["schemas"]["BatchCreation"];
type Accepted = operations["createBatch"]["responses"][201]["content"]["application/json"];
type Status = operations["getBatchStatus"]["responses"][200]["content"]["application/json"];

export const batch: Batch = {
  jobs: [
    {
      template: { id: "01JD8Z4V7QW5R8T2Y6N3M1B0CD", composition: "main" },
      assets: [
        { type: "text", layerName: "title", value: "Hello" },
        { type: "data", layerName: "background", property: "Color", value: [0.1, 0.4, 0.8] },
      ],
      settings: { type: "image", frames: 0 },
    },
  ],
};

export function outputs(accepted: Accepted): string[] {
  return accepted.jobs.map((job) => job.outputUrl);
}

export function failed(status: Status): number[] {
  return status.jobs.filter((job) => job.status === "error").map((job) => job.index);
}

// @ts-expect-error: each job of a batch is an object
export const wrong: Batch = { jobs: ["job"] };
