/** Which column of a table is meant. */

export function ColumnChoice({ word, value, heads, onChoose }: { word: string; value: string; heads: readonly string[]; onChoose: (head: string) => void }) {
  return (
    <label class="field">
      {word}
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {heads.map((head) => (
          <option key={head}>{head}</option>
        ))}
      </select>
    </label>
  );
}
