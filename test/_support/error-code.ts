/** The code of the error that `act` throws; undefined when it throws none. */
export function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

/** The same of a promise: the code with which `work` rejects; 'resolved' when it does not. */
export async function rejectionCode(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'resolved';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
