/** Says which other model knows the images, or that none does. */
import { openDialog } from '../../parts/dialog.tsx';
import { openTeaching } from '../../state/teaching_steps.ts';
import { isAsking, knownToNone, proposal, stopAsking, useProposal } from '../../state/which_model.ts';
import { words as all } from './words.tsx';

const words = all.otherModel;

export function OtherModel() {
  const better = proposal.value;
  if (better) {
    return (
      <div class="other-model" role="status" data-testid="other-model" data-model={better.name} data-as={better.askedAs}>
        <p>
          {words.looksLike} <strong>{better.title}</strong>.
        </p>
        <button type="button" class="main" data-testid="use-other-model" onClick={() => void useProposal(better)}>
          {words.use}
        </button>
      </div>
    );
  }
  if (isAsking.value) {
    return (
      <div class="other-model" role="status" data-testid="asking-models">
        <p class="muted">{words.asking}</p>
        <button type="button" class="link" onClick={stopAsking}>
          {words.stop}
        </button>
      </div>
    );
  }
  if (!knownToNone.value) return null;
  return (
    <div class="other-model" role="status" data-testid="no-model">
      <p>{words.none}</p>
      <button type="button" aria-haspopup="dialog" onClick={() => openDialog('model')}>
        {words.models}
      </button>
      <button type="button" class="main" data-testid="teach-these" onClick={openTeaching}>
        {words.teach}
      </button>
    </div>
  );
}
