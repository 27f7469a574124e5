export { threadByOrderedSubject } from "./ordered-subject.ts";
export { threadByReferences } from "./references.ts";
export { finish, printThreads, type Slices, type Thread, type ThreadMessage } from "./thread.ts";
