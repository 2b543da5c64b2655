/** Products: what flows find in a message when they ask for one. */
import { api } from "../api";
import { go } from "../router";
import { may } from "../store/session";
import { t } from "../text";
import { FormView, LinesField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { ProductFiles } from "./productfiles";
import { Found, Frame, ItemRow, New, Ready, RemoveButton, saved } from "./frame";

interface Product {
  id: string;
  name: string;
  synonyms: string[];
  updated_by: string;
}

export function ProductsPage({ id }: { id: string }) {
  const loaded = useLoad(() => api.get<{ products: Product[] }>("/bot/products"));
  return (
    <Ready of={loaded}>
      {({ products }) =>
        id ? (
          <Found id={id} all={products} section="products">
            {(product) => <ProductForm product={product} />}
          </Found>
        ) : (
          <ProductList products={products} reload={() => void loaded.reload()} />
        )
      }
    </Ready>
  );
}

function ProductList({ products, reload }: { products: Product[]; reload: () => void }) {
  return (
    <Frame
      title={t("settings.products")}
      lead={t("products.lead")}
      action={may("supervisor") ? <New path="/settings/products/new" /> : undefined}
    >
      <ProductFiles reload={reload} />
      {products.length ? (
        <ul class="items">
          {products.map(({ id, name, synonyms }) => (
            <ItemRow key={id} href={`/settings/products/${id}`} title={name} detail={synonyms.join(", ")} />
          ))}
        </ul>
      ) : (
        <Empty icon="tag" title={t("products.empty.title")}>
          {t("products.empty.text")}
        </Empty>
      )}
    </Frame>
  );
}

function ProductForm({ product }: { product: Product | undefined }) {
  const form = useForm({ name: product?.name ?? "", synonyms: product?.synonyms ?? [] }, product?.id);
  const done = () => {
    saved();
    go("/settings/products", "replace");
  };
  return (
    <Frame title={product?.name ?? t("products.new")} up="/settings/products" upTitle={t("settings.products")}>
      {!may("supervisor") && <p class="notice">{t("products.readonly")}</p>}
      <fieldset disabled={!may("supervisor")}>
        <FormView
          form={form}
          save={(values) => (product ? api.patch(`/bot/products/${product.id}`, values) : api.post("/bot/products", values))}
          onSaved={done}
          extra={
            product && (
              <RemoveButton
                path={`/bot/products/${product.id}`}
                name={product.name}
                text={t("products.remove")}
                then="/settings/products"
              />
            )
          }
        >
          <TextField form={form} name="name" label={t("field.name")} hint={t("products.name.hint")} />
          <LinesField form={form} name="synonyms" label={t("products.synonyms")} hint={t("products.synonyms.hint")} rows={5} />
        </FormView>
        {product?.updated_by && <p class="muted">{t("products.by", { name: product.updated_by })}</p>}
      </fieldset>
    </Frame>
  );
}
