/** Collections: the chapters of the help centre, with a title in each language. */
import { api } from "../api";
import { go } from "../router";
import { languageName, locale, t } from "../text";
import type { Collection } from "../types";
import { inboxes } from "../store/staff";
import { FormView, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { Found, Frame, ItemRow, New, Ready, RemoveButton, saved } from "./frame";

export async function loadCollections(): Promise<Collection[]> {
  return (await api.get<{ collections: Collection[] }>("/collections")).collections;
}

/** The title in the console's language, else in any. */
export function collectionTitle({ titles, slug }: Collection): string {
  const language = locale.value.split("-")[0] ?? "";
  return titles[language] ?? titles["en"] ?? Object.values(titles)[0] ?? slug;
}

export function CollectionsPage({ id }: { id: string }) {
  const loaded = useLoad(loadCollections);
  return (
    <Ready of={loaded}>
      {(all) => (id ? <Found id={id} all={all} section="collections">{(collection) => <CollectionForm collection={collection} />}</Found> : <CollectionList all={all} />)}
    </Ready>
  );
}

function CollectionList({ all }: { all: Collection[] }) {
  return (
    <Frame title={t("settings.collections")} lead={t("collections.lead")} action={<New path="/settings/collections/new" />}>
      {all.length ? (
        <ul class="items">
          {all.map((one) => (
            <ItemRow
              key={one.id}
              href={`/settings/collections/${one.id}`}
              title={collectionTitle(one)}
              detail={t("collections.articles", { n: one.articles })}
            />
          ))}
        </ul>
      ) : (
        <Empty icon="archive" title={t("collections.empty.title")}>
          {t("collections.empty.text")}
        </Empty>
      )}
    </Frame>
  );
}

/** The languages that visitors are served in, and those that have a title already. */
function titleLanguages(titles: Record<string, string>): string[] {
  const served = inboxes.value.flatMap((inbox) => inbox.languages);
  return [...new Set([...Object.keys(titles), ...served, "en"])].sort();
}

function CollectionForm({ collection }: { collection: Collection | undefined }) {
  const titles = collection?.titles ?? {};
  // Each title is a field of its own, named by its language.
  const form = useForm<Record<string, string>>(
    { ...titles, position: String(collection?.position ?? 0), slug: collection?.slug ?? "" },
    collection?.id,
  );
  const save = ({ position = "0", slug = "", ...rest }: Record<string, string>) => {
    const body = {
      titles: Object.fromEntries(Object.entries(rest).filter(([, title]) => title.trim())),
      position: Number(position),
      ...(slug && { slug }),
    };
    return collection ? api.patch(`/collections/${collection.id}`, body) : api.post("/collections", body);
  };
  const done = () => {
    saved();
    go("/settings/collections", "replace");
  };
  return (
    <Frame
      title={collection ? collectionTitle(collection) : t("collections.new")}
      up="/settings/collections"
      upTitle={t("settings.collections")}
    >
      <FormView
        form={form}
        save={save}
        onSaved={done}
        extra={
          collection && (
            <RemoveButton
              path={`/collections/${collection.id}`}
              name={collectionTitle(collection)}
              text={t("collections.remove")}
              then="/settings/collections"
            />
          )
        }
      >
        {titleLanguages(titles).map((language) => (
          <TextField key={language} form={form} name={language} label={t("collections.title", { language: languageName(language) })} />
        ))}
        <TextField form={form} name="slug" label={t("field.slug")} hint={t("field.slug.hint")} />
        <TextField
          form={form}
          name="position"
          label={t("collections.position")}
          hint={t("collections.position.hint")}
          type="number"
          min={0}
        />
      </FormView>
    </Frame>
  );
}
