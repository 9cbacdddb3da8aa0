DROP TABLE rule_book_rehearsals;
