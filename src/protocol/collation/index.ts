export { baseSubject, type BaseSubject } from "./base-subject.ts";
export { casemap, casemapCut } from "./casemap.ts";
