"""Everyday sentences in Portuguese and in English that say the same, to compare what each language costs in tokens."""

from collections.abc import Mapping

PAIRS = [  # Portuguese, English
    ("Acordei cedo e fui à padaria comprar pão.",
     "I woke up early and went to the bakery to buy bread."),
    ("O ônibus das sete estava cheio, então esperei o próximo.",
     "The seven o'clock bus was full, so I waited for the next one."),
    ("Minha irmã mora perto da praia com dois gatos e um cachorro.",
     "My sister lives near the beach with two cats and a dog."),
    ("Você pode me emprestar um guarda-chuva até amanhã?",
     "Can you lend me an umbrella until tomorrow?"),
    ("A reunião começa às 9h30 e deve durar uma hora.",
     "The meeting starts at 9:30 and should last an hour."),
    ("Ele esqueceu as chaves em cima da mesa da cozinha.",
     "He left his keys on the kitchen table."),
    ("No inverno, as crianças brincam dentro de casa.",
     "In winter, the children play indoors."),
    ("Esta receita leva três ovos, farinha, açúcar e um pouco de sal.",
     "This recipe needs three eggs, flour, sugar and a little salt."),
    ("Perdemos o trem porque o trânsito estava ruim.",
     "We missed the train because the traffic was bad."),
    ("O médico disse que ela precisa dormir mais.",
     "The doctor said that she needs to sleep more."),
    ("Quanto custa a passagem de avião para Salvador?",
     "How much is the plane ticket to Salvador?"),
    ("Meu avô plantou esta árvore em 1962.",
     "My grandfather planted this tree in 1962."),
    ("A biblioteca fecha aos domingos, mas abre aos sábados de manhã.",
     "The library is closed on Sundays but open on Saturday mornings."),
    ("Não encontrei o livro que você me pediu.",
     "I did not find the book that you asked me for."),
    ("Choveu a noite inteira, e a rua ainda está molhada.",
     "It rained all night, and the street is still wet."),
    ("Obrigado pela ajuda, até a semana que vem!",
     "Thank you for your help, see you next week!"),
]  # fmt: skip

TEXT: Mapping[str, str] = {"pt": " ".join(pt for pt, _ in PAIRS), "en": " ".join(en for _, en in PAIRS)}
