export { type FeedbackReport, parseFeedbackReport } from "./parse-feedback-report.ts";
