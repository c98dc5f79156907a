/** Runs tasks a few at a time, and those that ask for it alone after all the others. */

/**
 * @param beside how many tasks run at once
 * @returns the results in the order of the tasks
 */
export async function schedule<T extends { readonly alone: boolean }, R>(
  tasks: readonly T[],
  beside: number,
  run: (task: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<T, R>();
  async function work(queue: T[]): Promise<void> {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      results.set(task, await run(task));
    }
  }
  const together = tasks.filter(({ alone }) => !alone);
  await Promise.all(Array.from({ length: beside }, () => work(together)));
  await work(tasks.filter(({ alone }) => alone));
  return tasks.flatMap((task) => results.get(task) ?? []);
}
