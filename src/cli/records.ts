/** Text of any size, read record by record: lists of paths, tables, results. */
import Papa from 'papaparse';

const quote = 0x22;
/** No path, row or line of results is longer; what is, is no text. */
const mostBytes = 64 * 1024 * 1024;

/** `end`: bytes up to the end of the record, its terminator among them. `whole`: it has one. */
export interface TextRecord { text: string; end: number; whole: boolean }

/**
 * Cuts bytes into records.
 *
 * Args:
 *   terminator: byte that ends one; it and a carriage return before a line feed are not in `text`.
 *   quoted: within quotation marks it ends none, as in CSV.
 * Yields: the last one too where it has no end, unless it is empty.
 */
export async function* recordsOf(chunks: AsyncIterable<Uint8Array>, { terminator = 0x0a, quoted = false } = {}): AsyncGenerator<TextRecord, void, undefined> {
  let parts: Uint8Array[] = [];
  let [length, end, inQuotes] = [0, 0, false];
  const take = (): string => {
    const text = Buffer.concat(parts).toString('utf8');
    [parts, length] = [[], 0];
    return terminator === 0x0a && text.endsWith('\r') ? text.slice(0, -1) : text;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (quoted && byte === quote) inQuotes = !inQuotes;
      if (byte !== terminator || inQuotes) continue;
      parts.push(chunk.subarray(from, at));
      end += at + 1 - from;
      from = at + 1;
      yield { text: take(), end, whole: true };
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    end += chunk.length - from;
    if (length > mostBytes) throw new Error(`a line of more than ${mostBytes / 2 ** 20} MB: this is no list and no table`);
  }
  if (length > 0) yield { text: take(), end, whole: false };
}

/** The values of one row of CSV. Args: delimiter: found out unless told. */
export function csvRow(text: string, delimiter = ','): string[] {
  return Papa.parse<string[]>(text, { delimiter, newline: '\n' }).data[0] ?? [];
}

/** What separates the columns of a table, by the row of its heads. */
export function delimiterOf(heads: string): string {
  return [',', ';', '\t'].reduce((best, one) => (heads.split(one).length > heads.split(best).length ? one : best), ',');
}
