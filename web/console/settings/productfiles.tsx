/** Products as a file: what an import would do is shown before it is done. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { api, reason } from "../api";
import { may } from "../store/session";
import { t, tOr } from "../text";
import { Button } from "../ui/button";
import { closeDialog, Dialog, openDialog } from "../ui/dialog";
import { FileButton } from "../ui/filebutton";
import { toast } from "../ui/toast";

interface Line {
  line: number;
  name: string;
}

interface Imported extends Line {
  synonyms: string[];
  before?: { name: string; synonyms: string[] };
}

interface Report {
  added: Imported[];
  changed: Imported[];
  refused: (Line & { code: string; reason: string })[];
  unchanged: number;
}

/** Spreadsheets also write UTF-16, with a mark at the beginning. */
async function textOf(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8").decode(bytes);
}

export function ProductFiles({ reload }: { reload: () => void }) {
  const take = async (file: File) => {
    const text = await textOf(file);
    const report = await api.post<Report>("/bot/products/import", { file: text, dry_run: true });
    if (report.added.length || report.changed.length || report.refused.length)
      openDialog(<Preview name={file.name} text={text} report={report} reload={reload} />);
    else toast(t("products.import.same"));
  };
  return (
    <p class="actions">
      {(["csv", "tsv"] as const).map((format) => (
        <a key={format} class="button button-quiet button-small" href={`/api/v1/bot/products/export?format=${format}`} download={`products.${format}`}>
          {t("products.export", { format: format.toUpperCase() })}
        </a>
      ))}
      {may("supervisor") && <FileButton accept=".csv,.tsv,.tab,.txt" label={t("products.import")} take={take} />}
    </p>
  );
}

interface PreviewProps {
  name: string;
  text: string;
  report: Report;
  reload: () => void;
}

function Preview({ name, text, report, reload }: PreviewProps) {
  const busy = useSignal(false);
  const { added, changed, refused, unchanged } = report;
  const n = added.length + changed.length;
  const run = async () => {
    busy.value = true;
    try {
      await api.post("/bot/products/import", { file: text, skip: refused.length > 0 });
      closeDialog();
      toast(t("products.import.done", { n }));
      reload();
    } catch (error) {
      toast(reason(error), { bad: true });
      busy.value = false;
    }
  };
  return (
    <Dialog
      wide
      title={t("products.import.title", { name })}
      footer={
        <>
          <Button onClick={closeDialog}>{t(n ? "cancel" : "close")}</Button>
          {n > 0 && (
            <Button kind="primary" busy={busy.value} onClick={() => void run()}>
              {t(refused.length ? "products.import.rest" : "products.import.run", { n })}
            </Button>
          )}
        </>
      }
    >
      <p class="muted">
        {t("products.import.sum", { added: added.length, changed: changed.length, refused: refused.length, unchanged })}
      </p>
      <Lines title={t("products.import.refused")} what={t("products.import.why")} lines={refused}>
        {(line) => tOr(`products.refused.${line.code}`, line.reason)}
      </Lines>
      <Lines title={t("products.import.changed")} what={t("products.synonyms")} lines={changed}>
        {(line) => <Changes line={line} />}
      </Lines>
      <Lines title={t("products.import.added")} what={t("products.synonyms")} lines={added}>
        {({ synonyms }) => synonyms.join(", ")}
      </Lines>
    </Dialog>
  );
}

interface LinesProps<T extends Line> {
  title: string;
  /** Head of the last column. */
  what: string;
  lines: T[];
  children: (line: T) => ComponentChildren;
}

/** Lines of the file, each with what becomes of it. */
function Lines<T extends Line>({ title, what, lines, children }: LinesProps<T>) {
  if (!lines.length) return null;
  return (
    <section class="import-lines">
      <h3>{title}</h3>
      <div class="table-wrap">
        <table class="table table-wide">
          <thead>
            <tr>
              <th scope="col">{t("products.import.line")}</th>
              <th scope="col">{t("field.name")}</th>
              <th scope="col">{what}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.line}>
                <td class="tabular">{line.line}</td>
                <td>
                  <bdi>{line.name || "–"}</bdi>
                </td>
                <td>{children(line)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The names before and after; what stays is said once. */
function Changes({ line: { name, synonyms, before } }: { line: Imported }) {
  const old = before?.synonyms ?? [];
  const gone = old.filter((one) => !synonyms.includes(one));
  const parts: ComponentChildren[] = [];
  if (before && before.name !== name) parts.push(t("products.import.was", { name: before.name }));
  for (const one of gone) parts.push(<del key={`-${one}`}>{one}</del>);
  for (const one of synonyms) parts.push(old.includes(one) ? <bdi key={one}>{one}</bdi> : <ins key={one}>{one}</ins>);
  return <>{parts.flatMap((part, at) => (at ? [", ", part] : [part]))}</>;
}
