import { HttpProblem, Unreachable } from "../http.ts";
import { Problem } from "../../../src/contract/problem.ts";
import type { Jmap } from "./client.ts";
import { Uploaded } from "./objects.ts";

/** Uploads one file. `fetch` can't tell how far an upload is, so this is the older interface.
 * @param onProgress share that was sent, 0 to 1
 * @throws {HttpProblem} refused   @throws {Unreachable} broken off   @throws {DOMException} AbortError */
export function uploadFile(
  jmap: Jmap,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", jmap.uploadUrl);
    xhr.setRequestHeader("content-type", file.type === "" ? "application/octet-stream" : file.type);
    xhr.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    });
    xhr.addEventListener("load", () => {
      const body = parseJson(xhr.responseText);
      const uploaded = Uploaded.safeParse(body);
      if (xhr.status < 300 && uploaded.success) resolve(uploaded.data);
      else reject(refusal(xhr.status, body));
    });
    xhr.addEventListener("error", () => {
      reject(new Unreachable(undefined));
    });
    xhr.addEventListener("abort", () => {
      reject(new DOMException("upload cancelled", "AbortError"));
    });
    signal.addEventListener("abort", () => {
      xhr.abort();
    });
    xhr.send(file);
  });
}

function refusal(status: number, body: unknown): HttpProblem {
  const problem = Problem.safeParse(body);
  if (problem.success) return new HttpProblem(problem.data);
  return new HttpProblem({ type: "about:blank", title: "upload failed", status, code: "unexpected" });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
