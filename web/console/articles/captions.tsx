/** The captions of an uploaded film, a WebVTT file for each language. */
import { useSignal } from "@preact/signals";
import { languageName, t } from "../text";
import { IconButton } from "../ui/button";
import { Line } from "../ui/form";
import { FileField } from "./filefield";

interface CaptionsProps {
  /** Of the article. */
  locale: string;
  /** Addresses by language. */
  of: Readonly<Record<string, string>>;
  error: string | undefined;
  set: (captions: Record<string, string>) => void;
}

export function Captions({ locale, of, error, set }: CaptionsProps) {
  const language = useSignal(locale);
  const remove = (tag: string) => set(Object.fromEntries(Object.entries(of).filter(([other]) => other !== tag)));
  return (
    <div class="captions field-full">
      <Line label={t("articles.captions.language")} hint={t("articles.locale.hint")} error={undefined} maxLength={35} value={language.value} onInput={(tag) => (language.value = tag.trim())} />
      <FileField
        label={t("articles.captions.add")}
        hint={t("articles.captions.hint")}
        error={error}
        accept=".vtt,text/vtt"
        added={({ url }) => set({ ...of, [language.peek() || locale]: url })}
      />
      {Object.keys(of).length > 0 && (
        <ul aria-label={t("articles.captions")}>
          {Object.keys(of)
            .sort()
            .map((tag) => (
              <li key={tag} class="actions">
                {languageName(tag)}
                <IconButton icon="trash" tip="end" label={t("remove.named", { name: t("articles.captions.of", { language: languageName(tag) }) })} onClick={() => remove(tag)} />
              </li>
            ))}
        </ul>
      )}
    </div>
  );
}
