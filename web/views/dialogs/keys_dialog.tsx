import { Dialog } from '../../parts/dialog.tsx';
import { words } from './words.ts';

export function KeysDialog() {
  return (
    <Dialog name="keys" title={words.keys.title}>
      <dl class="keys">
        {words.keys.list.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
