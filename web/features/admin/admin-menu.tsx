import { IconChevronRight } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Section } from "./menu.ts";
import classes from "./admin-menu.module.css";

/** The pages of the administration. The section in which one is stands open; others open when asked. */
export function AdminMenu({ sections }: { readonly sections: readonly Section[] }): React.ReactNode {
  return (
    <ul className={classes["sections"]}>
      {sections.map((section) => (
        <li key={section.section}>
          {section.pages.length === 1 ? <Single {...section} /> : <Several {...section} />}
        </li>
      ))}
    </ul>
  );
}

function Single({ Icon, pages }: Section): React.ReactNode {
  const { t } = useTranslation();
  return pages.map(({ page, to }) => (
    <Link key={page} to={to} className={classes["link"]} activeOptions={{ includeSearch: false }}>
      <Icon size={19} aria-hidden="true" />
      {t(`admin.${page}.title`)}
    </Link>
  ));
}

function Several({ section, Icon, pages }: Section): React.ReactNode {
  const { t } = useTranslation();
  const path = useLocation({ select: (where) => where.pathname });
  const isHere = pages.some(({ to }) => path === to || path.startsWith(`${to}/`));
  // What the reader opened or closed by hand counts until they come to the section, or leave it.
  const [chosen, setChosen] = useState<{ readonly isHere: boolean; readonly isOpen: boolean }>();
  const isOpen = chosen?.isHere === isHere ? chosen.isOpen : isHere;
  const id = useId();
  return (
    <>
      <button
        type="button"
        className={classes["link"]}
        aria-expanded={isOpen}
        aria-controls={id}
        data-here={isHere}
        onClick={() => setChosen({ isHere, isOpen: !isOpen })}
      >
        <Icon size={19} aria-hidden="true" />
        {t(`admin.sections.${section}`)}
        <IconChevronRight size={16} aria-hidden="true" className={classes["chevron"]} />
      </button>
      <ul id={id} hidden={!isOpen} className={classes["pages"]}>
        {pages.map(({ page, to }) => (
          <li key={page}>
            <Link to={to} className={classes["page"]} activeOptions={{ includeSearch: false }}>
              {t(`admin.${page}.title`)}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
