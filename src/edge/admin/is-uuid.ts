import { z } from "zod";

/** What is no UUID is the id of nothing, and must not reach PostgreSQL as one. */
export const isUuid = (text: string): boolean => z.uuid().safeParse(text).success;
