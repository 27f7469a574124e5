/** What is on and what is off; shown when the server tells it. */
export function ServiceStatus(): React.ReactNode {
  return null;
}
