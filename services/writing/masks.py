"""Names and addresses of people as shown to who may not read them: enough to recognise somebody whom one knows.

What is so short that its beginning says all of it is covered wholly. Telephones: `telephones.masked_telephone`.
"""


def masked_name(name: str) -> str:
    """王小明 王**, 王五 王*, Li Wei L**; of a name with one letter nothing stays, whatever signs stand beside it."""
    name = name.strip()
    if sum(character.isalnum() for character in name) < 2:
        return "*" * min(max(len(name), 1), 3)
    return name[:1] + "*" * min(len(name) - 1, 2)


def masked_email(email: str) -> str:
    """xiaohong@example.org x***@example.org; of one character before the @ nothing stays."""
    local, _, host = email.partition("@")
    return f"{local[:1] if len(local) > 1 else ''}***@{host}"
