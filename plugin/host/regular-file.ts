import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Observed, read, unread } from "../core/observed.ts";

/** O_NONBLOCK: a FIFO or a device in place of the store answers at once and is refused, it never hangs us. */
const READING = constants.O_RDONLY | constants.O_NONBLOCK;

/** Opens regular files only. A file that is not there is read as undefined; anything else that fails is unread. */
export async function withRegularFile<T>(
  path: string,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<Observed<T | undefined>> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, READING);
    const stat = await file.stat();
    if (!stat.isFile()) return unread(`${path} is not a regular file`);
    return read(await use(file, stat.size));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return read(undefined);
    return unread(`${path}: ${codeOf(error) ?? messageOf(error)}`);
  } finally {
    await file?.close();
  }
}

export async function readRegularFile(path: string, largest: number): Promise<Observed<string | undefined>> {
  const text = await withRegularFile(path, async (file, size) => {
    if (size > largest) throw new Error(`${size} bytes, more than ${largest} are not read`);
    return await file.readFile("utf8");
  });
  return text;
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
