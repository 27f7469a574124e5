import { useCallback, useEffect, useRef, useState } from "react";
import { HttpProblem } from "../../app/http.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import { uploadFile } from "../../app/jmap/upload.ts";
import type { Attachment } from "./draft.ts";

interface Upload {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  /** 0 to 1 */
  readonly share: number;
  readonly error: unknown;
}

export interface Uploads {
  /** under way or failed; a finished one has become an attachment */
  readonly list: readonly Upload[];
  readonly add: (files: Iterable<File>) => void;
  readonly cancel: (key: string) => void;
}

const TOO_LARGE = { type: "about:blank", title: "Content Too Large", status: 413, code: "message_too_large" };

/** Uploads files as soon as they are chosen, each on its own. */
export function useUploads(jmap: Jmap, onDone: (attachment: Attachment) => void): Uploads {
  const [list, setList] = useState<readonly Upload[]>([]);
  const stops = useRef(new Map<string, AbortController>());
  const done = useRef(onDone);
  done.current = onDone;

  useEffect(() => {
    const running = stops.current;
    return () => {
      for (const stop of running.values()) stop.abort();
    };
  }, []);

  const change = useCallback((key: string, part: Partial<Upload>) => {
    setList((before) => before.map((one) => (one.key === key ? { ...one, ...part } : one)));
  }, []);

  const remove = useCallback((key: string) => {
    stops.current.delete(key);
    setList((before) => before.filter((one) => one.key !== key));
  }, []);

  const start = useCallback(
    async (file: File) => {
      const key = crypto.randomUUID();
      const stop = new AbortController();
      stops.current.set(key, stop);
      setList((before) => [...before, { key, name: file.name, size: file.size, share: 0, error: undefined }]);
      try {
        if (file.size > jmap.limits.maxSizeUpload) throw new HttpProblem(TOO_LARGE);
        const onProgress = (share: number): void => {
          change(key, { share });
        };
        const { blobId, type, size } = await uploadFile(jmap, file, onProgress, stop.signal);
        done.current({ blobId, type, size, name: file.name });
        remove(key);
      } catch (error) {
        if (!stop.signal.aborted) change(key, { error });
      }
    },
    [jmap, change, remove],
  );

  return {
    list,
    add(files) {
      for (const file of files) void start(file);
    },
    cancel(key) {
      stops.current.get(key)?.abort();
      remove(key);
    },
  };
}
