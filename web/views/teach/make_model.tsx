/** What was taught becomes a model like any other. */
import { saveModel } from '../../state/added_models.ts';
import { about, setAbout } from '../../state/teaching.ts';
import { canTest, isStale, made, makeModel, making, tested, useModel, usualTitle } from '../../state/teaching_test.ts';
import { lessonsNow } from '../../state/teaching_work.ts';
import { words } from './words.ts';

export function MakeModel() {
  const { title, author, data } = about.value;
  const last = made.value;
  const isNew = last !== null && last.key === lessonsNow.value.key;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (canTest.value && !making.value) void makeModel();
  };
  return (
    <form class="make-model" aria-labelledby="make-model" onSubmit={submit}>
      <h3 id="make-model">{words.model.title}</h3>
      <label>
        <span class="small">{words.model.name}</span>
        <input type="text" data-testid="model-title" maxLength={80} placeholder={usualTitle()} value={title} autocomplete="off" onInput={(event) => setAbout({ title: event.currentTarget.value })} />
      </label>
      <label>
        <span class="small">{words.model.author}</span>
        <input type="text" data-testid="model-author" maxLength={80} value={author} autocomplete="off" onInput={(event) => setAbout({ author: event.currentTarget.value })} />
      </label>
      <label>
        <span class="small">{words.model.data}</span>
        <textarea rows={2} data-testid="model-data" maxLength={2000} placeholder={words.model.dataHint} value={data} onInput={(event) => setAbout({ data: event.currentTarget.value })} />
      </label>
      <p>
        <button type="submit" class={isNew ? '' : 'main'} data-testid="make-model" disabled={!canTest.value || making.value}>
          {last ? words.model.makeAgain : words.model.make}
        </button>
      </p>
      <div role="status" data-testid="made" data-model={last?.name} data-making={making.value} data-tested={tested.value !== null && !isStale.value}>
        {making.value && <p class="small">{words.model.making}</p>}
        {last && !making.value && (
          <>
            <p class="small">
              {words.model.made(last.title)} {!isNew && words.model.changed}
            </p>
            <p class="made-actions">
              <button type="button" class="main" data-testid="use-taught" onClick={() => useModel(last)}>
                {words.model.use}
              </button>
              <button type="button" data-testid="save-taught" onClick={() => saveModel(last.name)}>
                {words.model.save}
              </button>
            </p>
          </>
        )}
      </div>
      <p class="small muted">{words.model.research}</p>
    </form>
  );
}
