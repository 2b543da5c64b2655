/** How the widget looks: colour, corner, rounding, and the words that it begins with. */
import type { ComponentChildren } from "preact";
import { t } from "../text";
import type { Inbox } from "../types";
import { Line } from "../ui/form";
import { Part } from "./frame";
import type { PartProps } from "./inboxes";

type Look = Inbox["look"];

const sides: Look["position"][] = ["left", "right"];
const radii: Look["radius"][] = ["none", "soft", "round"];
const longestText = 24;

export function Look({ form }: PartProps) {
  const { look } = form.values.value;
  const set = (part: Partial<Look>) => form.set("look", { ...look, ...part });
  return (
    <Part title={t("inboxes.look")}>
      <div class="form-columns">
        <Accent accent={look.accent} set={(accent) => set({ accent })} />
        <Segments legend={t("inboxes.position")}>
          {sides.map((side) => (
            <label key={side} class="segment">
              <input type="radio" name="position" checked={look.position === side} onChange={() => set({ position: side })} />
              {t(`inboxes.position.${side}`)}
            </label>
          ))}
        </Segments>
        <Segments legend={t("inboxes.radius")}>
          {radii.map((radius) => (
            <label key={radius} class="segment">
              <input type="radio" name="radius" checked={look.radius === radius} onChange={() => set({ radius })} />
              {t(`inboxes.radius.${radius}`)}
            </label>
          ))}
        </Segments>
        <Line
          label={t("inboxes.launcher")}
          hint={t("inboxes.launcher.hint")}
          error={form.errors.value["look.launcher"]}
          value={look.launcher}
          maxLength={longestText}
          onInput={(launcher) => set({ launcher })}
        />
      </div>
      <div class="field">
        <label for="greeting">{t("inboxes.greeting")}</label>
        <textarea
          class="input"
          id="greeting"
          rows={2}
          dir="auto"
          value={look.greeting}
          onInput={(event) => set({ greeting: event.currentTarget.value })}
        />
      </div>
    </Part>
  );
}

function Segments({ legend, children }: { legend: string; children: ComponentChildren }) {
  return (
    <fieldset class="field">
      <legend>{legend}</legend>
      <div class="segments">{children}</div>
    </fieldset>
  );
}

function Accent({ accent, set }: { accent: string; set: (accent: string) => void }) {
  return (
    <div class="field">
      <label for="accent">{t("inboxes.accent")}</label>
      <span class="field-row">
        <input class="input" type="color" id="accent" value={accent} onInput={(event) => set(event.currentTarget.value)} />
        <input
          class="input"
          aria-label={t("inboxes.accent.code")}
          value={accent}
          pattern="#[0-9a-fA-F]{6}"
          onChange={(event) => /^#[0-9a-f]{6}$/i.test(event.currentTarget.value) && set(event.currentTarget.value.toLowerCase())}
        />
      </span>
      <p class="hint">{t("inboxes.accent.hint")}</p>
    </div>
  );
}
