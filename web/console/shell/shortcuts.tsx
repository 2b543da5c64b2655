/** The sheet of keys, made from the same commands that the keys run. */
import { commands, type Group } from "../commands";
import { settings } from "../store/settings";
import { t } from "../text";
import { Kbd } from "../ui/button";
import { Dialog, openDialog } from "../ui/dialog";

const groups: Group[] = ["go", "conversation", "composer", "general"];

export function openShortcuts(): void {
  openDialog(<Shortcuts />);
}

function Shortcuts() {
  const all = commands.value.filter((command) => command.keys);
  return (
    <Dialog title={t("shortcuts.title")} wide>
      {!settings.value.letters && <p class="notice notice-warn">{t("shortcuts.off")}</p>}
      <div class="shortcuts">
        {groups.map((group) => {
          const inGroup = all.filter((command) => command.group === group);
          if (!inGroup.length) return null;
          return (
            <section key={group}>
              <h3>{t(`group.${group}`)}</h3>
              <dl>
                {inGroup.map((command) => (
                  <div key={command.id} class="shortcut">
                    <dt>{command.title}</dt>
                    <dd>
                      {command.keys?.map((keys) => (
                        <Kbd key={keys} keys={keys} />
                      ))}
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
