/** Does the tasks in their order, so many at once. */
export async function pooled<T>(atOnce: number, tasks: readonly T[], deed: (task: T) => Promise<void>): Promise<void> {
  const waiting = [...tasks];
  const worker = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await deed(task);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
