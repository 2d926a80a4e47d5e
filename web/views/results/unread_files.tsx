/** Files that gave no result: name, reason, what to do. Closed at first, so that it stays out of the way. */
import { useState } from 'preact/hooks';
import { formatCount } from '../../state/format.ts';
import { unread } from '../../state/images.ts';

const atFirst = 200;

export function UnreadFiles() {
  const [all, setAll] = useState(false);
  const files = unread.value;
  if (files.length === 0) return null;
  return (
    <details class="unread" data-testid="unread">
      <summary>Files not read ({formatCount(files.length)})</summary>
      <ul tabIndex={0} aria-label="Files not read">
        {files.slice(0, all ? undefined : atFirst).map(({ index, path, code, message, advice }) => (
          <li key={index} data-testid="cell-card" data-status="error" data-file={path} data-code={code} data-index={index}>
            <span class="path">{path}</span>
            <span>{message}</span>
            <span class="muted">{advice}</span>
          </li>
        ))}
      </ul>
      {!all && files.length > atFirst && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {formatCount(files.length)}
        </button>
      )}
    </details>
  );
}
