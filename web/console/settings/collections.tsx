/** Collections: the chapters of the help centre. */
import { api } from "../api";
import { go } from "../router";
import { t } from "../text";
import type { Collection } from "../types";
import { Button } from "../ui/button";
import { AreaField, FormView, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { Frame, ItemRow, New, Ready, remove, saved } from "./frame";

export async function loadCollections(): Promise<Collection[]> {
  return (await api.get<{ collections: Collection[] }>("/collections")).collections;
}

export function CollectionsPage({ id }: { id: string }) {
  const loaded = useLoad(loadCollections);
  return <Ready of={loaded}>{(all) => (id ? <CollectionForm collection={all.find((one) => one.id === id)} /> : <CollectionList all={all} />)}</Ready>;
}

function CollectionList({ all }: { all: Collection[] }) {
  return (
    <Frame title={t("settings.collections")} lead={t("collections.lead")} action={<New path="/settings/collections/new" />}>
      {all.length ? (
        <ul class="items">
          {all.map((one) => (
            <ItemRow key={one.id} href={`/settings/collections/${one.id}`} title={one.title} detail={one.description} />
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

function CollectionForm({ collection }: { collection: Collection | undefined }) {
  const form = useForm({ title: collection?.title ?? "", description: collection?.description ?? "", position: collection?.position ?? 0 }, collection?.id);
  const done = () => {
    saved();
    go("/settings/collections", "replace");
  };
  return (
    <Frame title={collection?.title ?? t("collections.new")} up="/settings/collections" upTitle={t("settings.collections")}>
      <FormView
        form={form}
        save={(values) => (collection ? api.patch(`/collections/${collection.id}`, values) : api.post("/collections", values))}
        onSaved={done}
        extra={
          collection && (
            <Button kind="danger" icon="trash" onClick={() => remove({ path: `/collections/${collection.id}`, title: t("remove.named", { name: collection.title }), text: t("collections.remove"), then: "/settings/collections" })}>
              {t("remove")}
            </Button>
          )
        }
      >
        <TextField form={form} name="title" label={t("field.title")} />
        <AreaField form={form} name="description" label={t("field.description")} rows={3} />
        <TextField form={form} name="position" label={t("collections.position")} hint={t("collections.position.hint")} type="number" min={0} />
      </FormView>
    </Frame>
  );
}
