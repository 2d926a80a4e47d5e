import { Dialog } from '../../parts/dialog.tsx';

const keys: [string, string][] = [
  ['o', 'open files'],
  ['m', 'map on or off'],
  ['/', 'search'],
  ['Arrows', 'walk through the cells'],
  ['Enter', 'details of the cell'],
  ['Shift and arrows', 'move the frame'],
  ['+ − 0', 'zoom the frame in, out, to fit'],
  ['Delete', 'remove the cell from its frame'],
  ['Escape', 'close what is open'],
  ['?', 'this list'],
];

export function KeysDialog() {
  return (
    <Dialog name="keys" title="Keys">
      <dl class="keys">
        {keys.map(([key, what]) => (
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
