/** How the widget will look, drawn from the form as it is being filled in. */
import { t } from "../text";
import type { Inbox } from "../types";
import { Icon } from "../ui/icon";
import { textOn } from "./accent";

export function WidgetPreview({ inbox }: { inbox: Pick<Inbox, "name" | "look" | "bot" | "bot_name" | "pre_chat"> }) {
  const { accent, position, radius, launcher, greeting } = inbox.look;
  return (
    <figure class={`preview preview-${radius}`} style={{ "--widget": accent, "--on-widget": textOn(accent) }}>
      <figcaption class="sr">{t("preview.label")}</figcaption>
      <div class={`preview-page preview-${position}`} aria-hidden="true">
        <i class="preview-bar" />
        <i class="preview-bar" />
        <i class="preview-bar" />
        <div class="preview-panel">
          <header>
            <strong>{inbox.name || t("preview.name")}</strong>
            <span>{inbox.bot ? t("preview.bot", { name: inbox.bot_name || t("bot") }) : t("preview.people")}</span>
          </header>
          <div class="preview-body">
            <p class="preview-theirs">{greeting || t("preview.greeting")}</p>
            {inbox.pre_chat.slice(0, 3).map((field) => (
              <span class="preview-input" key={field.name}>
                {field.label}
                {field.required && " *"}
              </span>
            ))}
            <p class="preview-mine">{t("preview.question")}</p>
          </div>
          <footer>
            {t("preview.write")}
            <Icon name="send" size={16} />
          </footer>
        </div>
        <span class="preview-launcher">
          <Icon name="chat" size={24} />
          {launcher}
        </span>
      </div>
    </figure>
  );
}
